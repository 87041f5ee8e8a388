#include "metrics/families.hpp"
#include "metrics/recorder.hpp"
#include "tests/metrics/played_run.hpp"

#include <chrono>
#include <iostream>
#include <string_view>

// For the tests of the dashboards: the exposition of a good and a bad run, or `names`.

int main(int count, char** words) {
  using namespace baton;
  if (count > 1 && std::string_view{words[1]} == "names") {
    for (const auto& one : all_families())
      std::cout << one.name << "\n";
    return 0;
  }
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  recorder all{{"0.0.0", "test"}};
  all.know(small_fleet());
  for (const auto& run : {good_run("r1", now - std::chrono::minutes{20}),
                          bad_run("r2", now - std::chrono::minutes{10})})
    for (const auto& one : run)
      all.apply(one);
  // And one that is on its way.
  auto open = good_run("r3", now - std::chrono::seconds{20});
  open.resize(9);
  for (const auto& one : open)
    all.apply(one);
  for (const auto* host : {"alpha", "beta"}) {
    all.ssh_connecting(host);
    all.ssh_connected();
  }
  all.ssh_connecting("beta");
  all.ssh_connect_failed("beta", ec::unreachable);
  all.ssh_received(123456);
  all.journal_written(std::chrono::microseconds{800}, true);
  all.journal_written(std::chrono::milliseconds{3}, false);
  all.journal_size(65536);
  all.log_counts({5, 4, 3, 2});
  std::cout << all.exposition();
}
