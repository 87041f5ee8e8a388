#include "metrics/process_collector.hpp"

#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace baton {

namespace {

/// Names and help texts are those of Prometheus's "writing client libraries".
enum value { cpu, start, resident, virtual_size, open_files, files_max, threads, count };

struct family {
  const char* name;
  const char* help;
  prometheus::MetricType type;
};
constexpr std::array<family, count> families{{
    {"process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
     prometheus::MetricType::Counter},
    {"process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
     prometheus::MetricType::Gauge},
    {"process_resident_memory_bytes", "Resident memory size in bytes.",
     prometheus::MetricType::Gauge},
    {"process_virtual_memory_bytes", "Virtual memory size in bytes.",
     prometheus::MetricType::Gauge},
    {"process_open_fds", "Number of open file descriptors.", prometheus::MetricType::Gauge},
    {"process_max_fds", "Maximum number of open file descriptors.", prometheus::MetricType::Gauge},
    {"process_threads", "Number of OS threads in the process.", prometheus::MetricType::Gauge},
}};

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Numbers of /proc/self/stat from its field 3 on; those before may hold anything.
std::vector<double> stat_fields() {
  std::ifstream in{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto end_of_name = text.rfind(')');
  std::istringstream fields{end_of_name == std::string::npos ? "" : text.substr(end_of_name + 1)};
  std::string state;
  fields >> state;
  std::vector<double> made{0};
  for (double number = 0; fields >> number;)
    made.push_back(number);
  made.resize(50);
  return made;
}

double count_open_files() {
  double made = 0;
  std::error_code none;
  for (std::filesystem::directory_iterator at{"/proc/self/fd", none}, end; at != end && !none;
       at.increment(none))
    ++made;
  return made > 0 ? made - 1 : 0; // without the one that reads the folder
}

} // namespace

std::vector<prometheus::MetricFamily> process_collector::Collect() const {
  const auto fields = stat_fields();
  const auto field = [&fields](std::size_t number) { return fields[number - 3]; };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::array<double, count> values{};
  values[cpu] = (field(14) + field(15)) / ticks;
  // Not from /proc/stat's boot time: a hardened service does not see that file.
  values[start] = seconds_of(CLOCK_REALTIME) - (seconds_of(CLOCK_BOOTTIME) - field(22) / ticks);
  values[resident] = field(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
  values[virtual_size] = field(23);
  values[open_files] = count_open_files();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  values[files_max] = static_cast<double>(limit.rlim_cur);
  values[threads] = field(20);

  std::vector<prometheus::MetricFamily> made;
  for (std::size_t i = 0; i < count; ++i) {
    prometheus::ClientMetric one;
    one.counter.value = values[i];
    one.gauge.value = values[i];
    made.push_back({families[i].name, families[i].help, families[i].type, {one}});
  }
  return made;
}

std::vector<family_words> process_collector::words() {
  std::vector<family_words> made;
  for (const auto& one : families)
    made.push_back({one.name,
                    one.type == prometheus::MetricType::Counter ? "counter" : "gauge",
                    {},
                    one.help});
  return made;
}

} // namespace baton
