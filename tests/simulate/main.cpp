#include "tests/simulate/trial.hpp"
#include "tests/simulate/workers.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <sys/resource.h>

namespace baton::simulate {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

int try_one(std::uint64_t seed, bool quiet) {
  const auto one = try_seed(seed);
  std::cout << report_of(seed, one, !quiet);
  return one.broken.empty() ? 0 : 1;
}

int try_many(const work& what) {
  const auto began = std::chrono::steady_clock::now();
  const auto all = try_all(what);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  for (const auto& [end, count] : all.ends)
    std::cout << fmt::format("{:9} {}\n", count, end);
  std::cout << fmt::format(
      "{} seeds, {} broken, {:.1f} s, {:.2f} ms of CPU each\n", all.tried, all.broken, took.count(),
      all.tried > 0 ? 1000 * cpu_of_children() / static_cast<double>(all.tried) : 0.0);
  const bool is_whole = all.tried == what.seeds;
  return all.broken == 0 && is_whole ? 0 : 1;
}

} // namespace

} // namespace baton::simulate

int main(int argc, char** argv) {
  using namespace baton::simulate;
  CLI::App app{"Runs whole deployments in virtual time, over simulated hosts and whatever befalls "
               "them, and looks whether every promise is kept"};
  work what;
  what.seeds = 1000;
  std::optional<std::uint64_t> seed;
  bool quiet = false;
  app.add_option("--seeds", what.seeds, "How many (default: 1000)")->check(CLI::PositiveNumber);
  app.add_option("--from", what.from, "The first one (default: 1)");
  app.add_option("--jobs", what.jobs, "In so many processes (default: 1)")
      ->check(CLI::Range(1, 256));
  app.add_flag("--twice", what.twice, "Each seed runs twice and must do the same");
  app.add_option("--seed", seed, "This seed alone, with its whole story");
  app.add_flag("--short", quiet, "with --seed: without the routine");
  CLI11_PARSE(app, argc, argv);
  return seed ? try_one(*seed, quiet) : try_many(what);
}
