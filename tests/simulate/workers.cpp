#include "tests/simulate/workers.hpp"

#include "tests/simulate/trial.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace baton::simulate {

namespace {

constexpr std::uint64_t told_max = 3; ///< broken seeds that each process tells of
constexpr unsigned seed_seconds_max = 120;

struct worker {
  pid_t pid = 0;
  int from = -1;
  std::string said;
};

void tell(int to, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(to, text.data(), text.size());
    if (wrote <= 0)
      ::_exit(3);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

/// A seed, in memory that the processes share.
using shared_seed = std::atomic<std::uint64_t>;
static_assert(shared_seed::is_always_lock_free);

/// One of the processes: takes the next seed, and `at` says which. Some take far longer than
/// others, and not by chance. What it says: reports, then lines of the tally.
[[noreturn]] void labour(const work& what, int to, shared_seed& next, shared_seed& at) {
  tally all;
  for (auto seed = next++; seed < what.from + what.seeds; seed = next++) {
    at = seed;
    ::alarm(seed_seconds_max);
    auto one = try_seed(seed);
    if (what.twice && try_seed(seed).story != one.story)
      one.broken.push_back("a seed reproduces a run exactly");
    ++all.tried;
    for (const auto& end : one.ends)
      ++all.ends[end];
    if (!one.broken.empty() && ++all.broken <= told_max)
      tell(to, report_of(seed, one, false));
  }
  ::alarm(0);
  std::string text =
      "\n#tried " + std::to_string(all.tried) + "\n#broken " + std::to_string(all.broken) + "\n";
  for (const auto& [end, count] : all.ends)
    text += "#end " + std::to_string(count) + ' ' + end + '\n';
  tell(to, text);
  ::_exit(0);
}

void add_up(tally& into, const std::string& said) {
  std::istringstream lines{said};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string word, end;
    std::uint64_t count = 0;
    words >> word >> count;
    if (word == "#tried")
      into.tried += count;
    else if (word == "#broken")
      into.broken += count;
    else if (word == "#end" && std::getline(words >> std::ws, end))
      into.ends[end] += count;
    else
      std::cout << line << '\n';
  }
}

void listen(std::vector<worker>& all) {
  std::array<char, 65536> piece{};
  for (auto open = all.size(); open > 0;) {
    std::vector<pollfd> ready;
    for (const auto& one : all)
      ready.push_back({one.from, POLLIN, 0});
    if (::poll(ready.data(), ready.size(), -1) < 0)
      continue;
    for (std::size_t nth = 0; nth < all.size(); ++nth) {
      if (all[nth].from < 0 || ready[nth].revents == 0)
        continue;
      const auto got = ::read(all[nth].from, piece.data(), piece.size());
      if (got > 0) {
        all[nth].said.append(piece.data(), static_cast<std::size_t>(got));
        continue;
      }
      ::close(std::exchange(all[nth].from, -1));
      --open;
    }
  }
}

} // namespace

tally try_all(const work& what) {
  const auto jobs = static_cast<std::size_t>(what.jobs);
  const auto size = (1 + jobs) * sizeof(shared_seed);
  auto* shared = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    std::perror("simulate: no memory");
    std::exit(1);
  }
  auto* next = static_cast<shared_seed*>(shared);
  auto* at = next + 1;
  std::uninitialized_default_construct_n(next, 1 + jobs);
  *next = what.from;
  std::vector<worker> all;
  for (int nth = 0; nth < what.jobs; ++nth) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      std::perror("simulate: no pipe");
      std::exit(1);
    }
    const auto pid = ::fork();
    if (pid == 0) {
      for (const auto& other : all)
        ::close(other.from);
      ::close(ends[0]);
      labour(what, ends[1], *next, at[nth]);
    }
    ::close(ends[1]);
    all.push_back({pid, ends[0], {}});
  }
  listen(all);
  tally sum;
  for (std::size_t nth = 0; nth < all.size(); ++nth) {
    int status = 0;
    ::waitpid(all[nth].pid, &status, 0);
    add_up(sum, all[nth].said);
    if (WIFSIGNALED(status)) {
      std::cout << "seed " << at[nth] << ": "
                << (WTERMSIG(status) == SIGALRM
                        ? "the run takes for ever"
                        : "the process was killed by signal " + std::to_string(WTERMSIG(status)))
                << '\n';
      ++sum.broken;
    }
  }
  ::munmap(shared, size);
  return sum;
}

} // namespace baton::simulate
