#include "runtime/journal/journal.hpp"

#include "tests/metrics/played_run.hpp"
#include "tests/support/temp_folder.hpp"

#include <benchmark/benchmark.h>

// What a decision costs: an outcome and the intents that follow from it, durable in one batch.

namespace baton {
namespace {

std::vector<record> batch_of(std::size_t count) {
  const auto run = good_run("r", time_point{});
  return {run.begin() + 1, run.begin() + 1 + static_cast<std::ptrdiff_t>(count)};
}

/// On a disk: the fsync is most of it.
void append_durably(benchmark::State& state) {
  temp_folder folder;
  auto to = *journal::open(folder / "journal.db");
  auto batch = batch_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    if (!to.append(batch))
      state.SkipWithError("not written");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_durably)->Arg(1)->Arg(4)->Arg(16)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// Without a disk: what is ours of it.
void append_in_memory(benchmark::State& state) {
  auto to = *journal::in_memory();
  auto batch = batch_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    if (!to.append(batch))
      state.SkipWithError("not written");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_in_memory)->Arg(1)->Arg(4)->Arg(16)->Unit(benchmark::kMicrosecond);

void read_a_run(benchmark::State& state) {
  auto from = *journal::in_memory();
  auto run = good_run("r", time_point{});
  if (!from.append(run))
    state.SkipWithError("not written");
  for (auto _ : state)
    benchmark::DoNotOptimize(from.read_run("r"));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(run.size()));
}
BENCHMARK(read_a_run)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace baton
