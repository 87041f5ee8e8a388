#include "messages/plan.hpp"
#include "runtime/journal/journal.hpp"
#include "tests/rules/support/fleets.hpp"
#include "tests/rules/support/player.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// fill JOURNAL RUNS: writes so many runs of the three machines, each with all events of its eight
// phases as the rules make them; every tenth ends badly. In transactions of one run.
//
// fill JOURNAL large HOSTS: writes one run of so many hosts, all in one stage, a transaction for
// every few events, and prints a line after each: the reader of the pipe sets the pace.

namespace {

using namespace baton;

constexpr std::ptrdiff_t events_per_decision = 20;

std::shared_ptr<const plan> plan_of(const fleet& of, int number) {
  auto made = test::plan_for(of);
  made.run = "20260101-" + std::to_string(1'000'000 + number);
  made.release = "r" + made.run;
  made.requested_at = time_point{std::chrono::hours{490'000}} + std::chrono::minutes{number};
  return std::make_shared<const plan>(std::move(made));
}

fleet large_fleet(int hosts) {
  std::vector<std::string> names;
  for (int i = 0; i < hosts; ++i)
    names.push_back("host" + std::to_string(i));
  return test::bare_fleet({test::make_stage("all", role::production, names)});
}

bool write(journal& to, std::span<record> records) {
  const auto done = to.append(records);
  if (!done)
    std::cerr << describe(done.error()) << "\n";
  return done.has_value();
}

bool write_many(journal& to, int runs) {
  const auto of = test::homelab();
  std::size_t events = 0;
  for (int i = 0; i < runs; ++i) {
    test::staging with;
    if (i % 10 == 0) {
      auto& ill = with.troubles.emplace_back();
      ill.phase = "vps";
      ill.kind = step_kind::activate;
      ill.bad = test::fails();
    }
    auto one = test::play(plan_of(of, i), with);
    events += one.journal.size();
    if (!write(to, one.journal))
      return false;
  }
  std::cout << events << " events, " << to.size_bytes() / 1'000'000 << " MB\n";
  return true;
}

bool write_large(journal& to, int hosts) {
  auto records = test::play(plan_of(large_fleet(hosts), 0)).journal;
  for (std::span<record> left{records}; !left.empty();) {
    const auto now = std::min<std::size_t>(left.size(), events_per_decision);
    if (!write(to, left.first(now)))
      return false;
    left = left.subspan(now);
    std::cout << left.size() << " events to come\n" << std::flush;
  }
  return true;
}

} // namespace

int main(int count, char** words) {
  const std::string_view second = count > 2 ? words[2] : "";
  if (count != (second == "large" ? 4 : 3)) {
    std::cerr << "fill JOURNAL RUNS | large HOSTS\n";
    return 64;
  }
  auto to = journal::open(words[1]);
  if (!to) {
    std::cerr << describe(to.error()) << "\n";
    return 74;
  }
  const bool done = second == "large" ? write_large(*to, std::atoi(words[3]))
                                      : write_many(*to, std::atoi(words[2]));
  return done ? 0 : 74;
}
