# data.table: the same bounds, scores and ranks, the data already in its memory, by reference where it can.
# Arguments: data.csv, weights.csv (indicator, category, a column a stage), the number of runs, result.csv, threads.
# Prints name <tab> milliseconds, and the processor time of all threads as "name CPU".
suppressPackageStartupMessages(library(data.table))
argument <- commandArgs(trailingOnly = TRUE)
setDTthreads(as.integer(argument[5]))
weights <- fread(argument[2])
stages <- names(weights)[-(1:2)]
firm <- fread(argument[1], stringsAsFactors = FALSE, colClasses = c(rd_expense = "double"))
for (x in weights$indicator) set(firm, j = x, value = as.double(firm[[x]]))
firm[, number := match(stage, stages)]

bounds <- function() lapply(weights$indicator, function(x) {
    q <- quantile(firm[[x]], c(0.01, 0.99), na.rm = TRUE, names = FALSE, type = 7)
    if (q[1] < q[2]) q else range(firm[[x]], na.rm = TRUE)
})

whole <- function() {
    b <- bounds()
    result <- firm[, .(firm, stage, score = 0)]
    all <- numeric(length(stages))
    for (k in unique(weights$category)) {
        sum <- numeric(nrow(firm))
        for (j in which(weights$category == k)) {
            lower <- b[[j]][1]
            upper <- b[[j]][2]
            w <- unlist(weights[j, ..stages])
            points <- w[firm$number] * ((fifelse(fcoalesce(firm[[weights$indicator[j]]], lower) > lower,
                                                 pmin(firm[[weights$indicator[j]]], upper), lower) - lower) / (upper - lower))
            sum <- sum + points
        }
        most <- colSums(weights[category == k, ..stages])
        set(result, j = paste0(k, "_score"), value = 100 * sum / most[firm$number])
        set(result, j = "score", value = result$score + sum)
        all <- all + most
    }
    set(result, j = "score", value = 100 * result$score / all[firm$number])
    result[, rank := frank(-score, ties.method = "min")]
    result[, stage_rank := frank(-score, ties.method = "min"), by = stage]
    result
}

timed <- function(name, f) {
    time <- system.time(result <- f())
    cat(sprintf("%s\t%.1f\n%s CPU\t%.1f\n", name, 1000 * time[["elapsed"]], name,
                1000 * (time[["user.self"]] + time[["sys.self"]])))
    invisible(result)
}

for (run in seq_len(as.integer(argument[3]))) {
    timed("data.table floor", function() firm[, lapply(.SD, sum, na.rm = TRUE), .SDcols = weights$indicator])
    timed("data.table bounds", bounds)
    result <- timed("data.table whole", whole)
}
fwrite(result, argument[4], col.names = FALSE)
