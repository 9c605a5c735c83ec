# PostgreSQL with innovation_score:
#
#   docker build --build-arg PG_MAJOR=17 -t innovation_score .
#   docker run -e POSTGRES_PASSWORD=secret innovation_score
#   psql> CREATE EXTENSION innovation_score;
ARG PG_MAJOR=17

FROM postgres:${PG_MAJOR}-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev make "postgresql-server-dev-$PG_MAJOR" \
 && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN make -C /src clean && make -C /src && make -C /src install DESTDIR=/installed

FROM postgres:${PG_MAJOR}-bookworm
COPY --from=build /installed /
