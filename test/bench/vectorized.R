# Base R, vectorized: the same bounds, scores and ranks, the data already in its memory.
# Arguments: data.csv, weights.csv (indicator, category, a column a stage), the number of runs, result.csv.
# Prints name <tab> milliseconds, and the processor time as "name CPU", once a run.
argument <- commandArgs(trailingOnly = TRUE)
weights <- read.csv(argument[2], stringsAsFactors = FALSE)
header <- strsplit(readLines(argument[1], 1), ",")[[1]]
data <- scan(argument[1], skip = 1, sep = ",", na.strings = "", quiet = TRUE,
             what = c(list(0, ""), rep(list(0), length(header) - 2)))
names(data) <- header
firm <- data$firm
stage <- factor(data$stage, levels = names(weights)[-(1:2)])
x <- do.call(cbind, data[weights$indicator])
data <- NULL
W <- as.matrix(weights[, -(1:2)])
categories <- unique(weights$category)
invisible(gc())

bounds <- function() {
    apply(x, 2, function(v) {
        q <- quantile(v, c(0.01, 0.99), na.rm = TRUE, names = FALSE, type = 7)
        if (q[1] < q[2]) q else range(v, na.rm = TRUE)
    })
}

whole <- function() {
    b <- bounds()
    n <- matrix(0, nrow(x), ncol(x))
    for (j in seq_len(ncol(x))) {
        v <- (pmin(pmax(x[, j], b[1, j]), b[2, j]) - b[1, j]) / (b[2, j] - b[1, j])
        v[is.na(v)] <- 0
        n[, j] <- v
    }
    # a matrix product a category, for all stages at once; then each firm takes its stage's column
    pick <- cbind(seq_along(stage), as.integer(stage))
    sums <- sapply(categories, function(k) (n %*% (W * (weights$category == k)))[pick])
    most <- sapply(categories, function(k) colSums(W * (weights$category == k))[stage])
    score <- 100 * rowSums(sums) / rowSums(most)
    r <- rank(-score, ties.method = "min")
    s <- integer(length(score))
    for (k in levels(stage)) {
        i <- which(stage == k)
        s[i] <- rank(-score[i], ties.method = "min")
    }
    data.frame(firm, stage, score, 100 * sums / most, rank = r, stage_rank = s)
}

timed <- function(name, f) {
    time <- system.time(result <- f())
    cat(sprintf("%s\t%.1f\n%s CPU\t%.1f\n", name, 1000 * time[["elapsed"]], name,
                1000 * (time[["user.self"]] + time[["sys.self"]])))
    invisible(result)
}

for (run in seq_len(as.integer(argument[3]))) {
    timed("r floor", function() colSums(x, na.rm = TRUE))
    timed("r bounds", bounds)
    result <- timed("r whole", whole)
}
options(digits = 17, scipen = 999)
write.table(result, argument[4], sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE)
