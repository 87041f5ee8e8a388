#include "runtime/log/redactor.hpp"

#include <benchmark/benchmark.h>

#include <random>
#include <string>

// What it costs to take secrets out of a step's output, by the number of secrets.

namespace baton {
namespace {

constexpr std::size_t output_bytes = 50u << 20;
constexpr std::size_t piece_bytes = 64u << 10;

/// Lines as builds print them, one in a hundred with one of the secrets.
std::string piece_with(const std::vector<std::string>& secrets, std::mt19937_64& dice) {
  std::string made;
  while (made.size() < piece_bytes) {
    made += "2026-01-02T03:04:05Z [" + std::to_string(dice() % 1000)
            + "] Downloading https://registry.example.org/layers/" + std::to_string(dice())
            + " into the cache (step " + std::to_string(dice() % 99) + ")\n";
    if (!secrets.empty() && dice() % 100 == 0)
      made += "token " + secrets[dice() % secrets.size()] + "\n";
  }
  return made;
}

void redact_an_output(benchmark::State& state) {
  std::mt19937_64 dice{1};
  auto by = std::make_shared<redactor>();
  std::vector<std::string> secrets;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    std::string secret;
    while (secret.size() < 24)
      secret += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+/="[dice() % 66];
    by->add(secret);
    secrets.push_back(std::move(secret));
  }
  const auto piece = piece_with(secrets, dice);
  for (auto _ : state) {
    redacted_stream stream{by};
    std::size_t told = 0;
    for (std::size_t done = 0; done < output_bytes; done += piece.size())
      told += stream.push(piece).size();
    benchmark::DoNotOptimize(told + stream.finish().size());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(output_bytes));
}
BENCHMARK(redact_an_output)
    ->Arg(0)
    ->Arg(1)
    ->Arg(20)
    ->Arg(200)
    ->Arg(2000)
    ->Unit(benchmark::kMillisecond);

void know_secrets(benchmark::State& state) {
  for (auto _ : state) {
    redactor by;
    for (std::int64_t i = 0; i < state.range(0); ++i)
      by.add("a-secret-of-some-bytes-" + std::to_string(i * 7919));
    benchmark::DoNotOptimize(by.redact("x"));
  }
}
BENCHMARK(know_secrets)->Arg(200)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace baton
