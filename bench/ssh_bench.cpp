// ssh_bench [N...]: what N sessions to a real sshd on loopback cost the controller. Each connects,
// logs in, opens its control shell and has one request answered; then ten more requests, one after
// the other; then two commands in channels of their own. Ends with 1 when a limit is missed.
//
// The last row is a tenth of the largest N behind one jump host (another connection through the
// same sshd). sshd and what it runs are not in the numbers, but they set the pace: the wall time is
// theirs.

#include "runtime/open_files.hpp"
#include "runtime/ssh/ssh_transport.hpp"
#include "tests/support/loopback_sshd.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace baton {
namespace {

using std::chrono::seconds;
using steady = std::chrono::steady_clock;

constexpr int requests_each = 10;
constexpr int commands_each = 2;
constexpr int addresses = 16; // as many as one sshd can listen on
constexpr seconds patience_for_all{600};

// What must hold on any machine that runs this; measured values lie well below.
constexpr double connect_ms_max = 8;
constexpr double request_ms_max = 1;
constexpr double memory_kib_max = 96;
constexpr double growth_max = 2; // the dearest size against the cheapest, from 100 on

double ms_of(const timeval& at) {
  return static_cast<double>(at.tv_sec) * 1e3 + static_cast<double>(at.tv_usec) / 1e3;
}

double cpu_ms(int who) {
  rusage used{};
  ::getrusage(who, &used);
  return ms_of(used.ru_utime) + ms_of(used.ru_stime);
}

double resident_kib() {
  std::ifstream file{"/proc/self/statm"};
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

std::size_t open_files() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"})
    ++count;
  return count;
}

/// Counts down to the moment when all sessions have done their part.
class gathering {
public:
  void expect(int count) {
    const std::lock_guard lock{mutex_};
    left_ = count;
  }
  void arrive() {
    const std::lock_guard lock{mutex_};
    if (--left_ == 0)
      all_.notify_all();
  }
  void fail(const error& why) {
    const std::lock_guard lock{mutex_};
    if (failures_++ == 0)
      std::fprintf(stderr, "lost: %s\n", describe(why).c_str());
    all_.notify_all();
  }
  bool wait() {
    std::unique_lock lock{mutex_};
    const bool done =
        all_.wait_for(lock, patience_for_all, [&] { return left_ <= 0 || failures_ > 0; });
    return done && failures_ == 0;
  }

private:
  std::mutex mutex_;
  std::condition_variable all_;
  int left_ = 0;
  int failures_ = 0;
};

/// One host with its control shell.
class client {
public:
  client(transport& over, const endpoint& to, gathering& all) : all_(all) {
    link_ = over.open(
        to, [this](transport_event_t event) { hear(std::move(event)); }, patience_for_all);
    shell_ = link_->run("exec /bin/sh", {});
    ask(1);
  }

  void ask(int times) {
    left_ = times;
    link_->write(shell_, "echo .\n");
  }

  void command(int times) {
    left_ = times;
    current_ = link_->run("true", {});
  }

private:
  void hear(transport_event_t event) {
    if (auto* lost = std::get_if<transport_event::lost>(&event)) {
      all_.fail(lost->why);
    } else if (auto* out = std::get_if<transport_event::output>(&event)) {
      link_->credit(out->channel, out->bytes.size());
      if (out->channel == shell_)
        answered([this] { link_->write(shell_, "echo .\n"); });
    } else if (auto* end = std::get_if<transport_event::ended>(&event)) {
      if (end->why)
        all_.fail(*end->why);
      else
        answered([this] { current_ = link_->run("true", {}); });
    }
  }

  template <class Next>
  void answered(Next next) {
    if (--left_ > 0)
      next();
    else
      all_.arrive();
  }

  gathering& all_;
  channel_id shell_ = 0;
  channel_id current_ = 0;
  std::atomic<int> left_ = 0;
  std::unique_ptr<session> link_;
};

struct measured {
  double connect_ms = 0;
  double request_ms = 0;
  double memory_kib = 0;
};

/// What was used since.
struct since {
  steady::time_point at = steady::now();
  double own = cpu_ms(RUSAGE_SELF);
  double children = cpu_ms(RUSAGE_CHILDREN);

  double wall() const { return std::chrono::duration<double>(steady::now() - at).count(); }
  double cpu() const { return cpu_ms(RUSAGE_SELF) - own; }
  double asked() const { return cpu_ms(RUSAGE_CHILDREN) - children; }
};

std::vector<endpoint> endpoints(const loopback_sshd& host, int count, const std::string& jump) {
  std::vector<endpoint> all;
  for (int i = 0; i < count; ++i) {
    auto to = host.to("n" + std::to_string(i));
    to.address = "127.0.0." + std::to_string(1 + i % addresses);
    to.jump = jump;
    all.push_back(to);
  }
  return all;
}

bool measure(const std::vector<endpoint>& hosts, ssh_options how, const char* note, measured& out) {
  const auto count = static_cast<int>(hosts.size());
  for (const auto& to : hosts)
    how.hosts[to.name] = to; // as a fleet's are
  ssh_transport over{std::move(how)};
  gathering all;
  std::vector<std::unique_ptr<client>> clients;
  const auto n = static_cast<double>(count);

  all.expect(count);
  const auto memory = resident_kib();
  const auto files = open_files();
  const since connecting;
  for (const auto& to : hosts)
    clients.push_back(std::make_unique<client>(over, to, all));
  if (!all.wait())
    return false;
  out.connect_ms = connecting.cpu() / n;
  const auto connect_wall = connecting.wall();
  const auto resolve_ms = connecting.asked() / n;
  out.memory_kib = (resident_kib() - memory) / n;
  const auto files_each = static_cast<double>(open_files() - files) / n;

  all.expect(count);
  const since asking;
  for (auto& one : clients)
    one->ask(requests_each);
  if (!all.wait())
    return false;
  out.request_ms = asking.cpu() / n / requests_each;
  const auto request_wall = asking.wall();

  all.expect(count);
  const since running;
  for (auto& one : clients)
    one->command(commands_each);
  if (!all.wait())
    return false;
  std::printf("%5d  %9.2f %9.2f %7.1f  %9.3f %7.1f  %9.3f %7.1f  %8.1f %6.2f%s\n", count,
              out.connect_ms, resolve_ms, connect_wall, out.request_ms, request_wall,
              running.cpu() / n / commands_each, running.wall(), out.memory_kib, files_each, note);
  std::fflush(stdout);
  // The sessions end first: their sinks use the clients.
  return true;
}

int run(const std::vector<int>& counts) {
  const auto most_hosts = static_cast<std::size_t>(*std::max_element(counts.begin(), counts.end()));
  if (auto told = allow_open_files(2 * most_hosts + 128, "so many sessions"); !told) {
    std::fprintf(stderr, "%s\n", describe(told.error()).c_str());
    return 1;
  }
  std::vector<std::string> config{"MaxStartups 2000", "MaxSessions 100"};
  for (int i = 2; i <= addresses; ++i)
    config.push_back("ListenAddress 127.0.0." + std::to_string(i));
  const loopback_sshd host{{.config = config}};
  const temp_folder folder;
  ssh_options how;
  how.config_file = (folder / "config").string();
  how.known_hosts = {(folder / "known_hosts").string()};
  how.agent_socket = "none";
  write_file(how.config_file, "");
  write_file(how.known_hosts.front(),
             "[127.0.0.*]:" + std::to_string(host.port()) + ' ' + host.host_key() + '\n');

  std::printf("   N   connect: CPU  ssh -G  wall    request: CPU  wall    exec: CPU    wall  "
              "memory  files\n"
              "        ms/host  ms/host       s    ms each       s    ms each       s  "
              "KiB/host  /host\n");
  bool fine = true;
  double least = 1e9;
  double most = 0;
  for (const int count : counts) {
    measured got;
    if (!measure(endpoints(host, count, ""), how, "", got))
      return 1;
    if (count < 100)
      continue; // the first ones pay for what all share
    fine = fine && got.connect_ms <= connect_ms_max && got.request_ms <= request_ms_max
           && got.memory_kib <= memory_kib_max;
    least = std::min(least, got.connect_ms);
    most = std::max(most, got.connect_ms);
  }
  how.hosts["gate"] = host.to("gate");
  if (measured behind; !measure(endpoints(host, std::max(counts.back() / 10, 1), "gate"), how,
                                "  behind a jump host", behind))
    return 1;
  if (most > growth_max * least) {
    std::printf("a connection costs more the more there are: %.2f ms against %.2f\n", most, least);
    fine = false;
  }
  if (!fine)
    std::printf("a limit was missed: %g ms a connection, %g ms a request, %g KiB a host\n",
                connect_ms_max, request_ms_max, memory_kib_max);
  return fine ? 0 : 1;
}

} // namespace
} // namespace baton

int main(int argc, char** argv) {
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i)
    counts.push_back(std::atoi(argv[i]));
  if (counts.empty())
    counts = {3, 100, 500};
  return baton::run(counts);
}
