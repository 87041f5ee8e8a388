#include "runtime/log/log.hpp"

#include "runtime/fault.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/log/log_lines.hpp"
#include "runtime/log/redactor.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warning", "error", "off"};

/// The log file, opened again where its name has come to mean another file or none.
class watched_file {
public:
  explicit watched_file(std::filesystem::path name) : name_{std::move(name)} { open(); }

  void write(std::string_view line) {
    const std::lock_guard one_at_a_time{mutex_};
    struct stat now {};
    if (::stat(name_.c_str(), &now) != 0 || now.st_ino != opened_.st_ino
        || now.st_dev != opened_.st_dev)
      open();
    sink_->log(spdlog::details::log_msg{"baton", spdlog::level::info,
                                        spdlog::string_view_t{line.data(), line.size()}});
    sink_->flush();
  }

private:
  void open() {
    if (auto made = make_private_folder(name_.parent_path()); !made)
      throw std::runtime_error{made.error().what};
    spdlog::file_event_handlers handlers;
    handlers.after_open = [this](const spdlog::filename_t&, std::FILE* file) {
      (void)::fchmod(::fileno(file), 0600); // it would be made by the umask
      (void)::fstat(::fileno(file), &opened_);
    };
    sink_ = std::make_unique<spdlog::sinks::basic_file_sink_st>(name_.string(), false, handlers);
    // The line is JSON before it comes here: a pattern would not escape anything.
    sink_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  }

  std::filesystem::path name_;
  struct stat opened_ {};
  std::mutex mutex_;
  std::unique_ptr<spdlog::sinks::basic_file_sink_st> sink_;
};

} // namespace

std::string_view to_string(log_level value) noexcept {
  return level_names[static_cast<std::size_t>(value)];
}

std::optional<log_level> log_level_from_string(std::string_view name) noexcept {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == name)
      return static_cast<log_level>(i);
  return name == "trace" ? std::optional{log_level::debug} : std::nullopt;
}

std::filesystem::path log_file(const std::filesystem::path& state_folder) {
  return state_folder / "logs" / "deployment_orchestrator.log";
}

struct logger::impl {
  explicit impl(log_options given) : options(std::move(given)) {
    colour = options.colour.value_or(stderr_wants_colour());
    if (!options.file.empty() && options.file_level != log_level::off)
      guarded([this] { file = std::make_unique<watched_file>(options.file); });
  }

  /// Whatever goes wrong is said once; the caller has other things to do.
  template <class Work>
  void guarded(Work work) noexcept {
    try {
      work();
    } catch (const std::exception& thrown) {
      if (!complained.exchange(true))
        std::fprintf(stderr, "baton: the log file %s cannot be written: %s\n", options.file.c_str(),
                     thrown.what());
    } catch (...) {
    }
  }

  log_options options;
  /// What tells this process from others where no run does.
  std::string process =
      fmt::format("{}/{}", ::getpid(), std::chrono::system_clock::now().time_since_epoch().count());
  bool colour = false;
  std::unique_ptr<watched_file> file; ///< null: none, or it could not be opened
  std::array<std::atomic<std::uint64_t>, 4> counted{};
  std::atomic<bool> complained{false};
};

logger::logger(log_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
logger::~logger() = default;

void logger::write(log_level level, std::string_view text, const log_fields& given) noexcept {
  if (level >= log_level::off)
    return;
  impl_->counted[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  const auto& options = impl_->options;
  auto fields = given;
  if (fields.run.empty())
    fields.run = options.run;
  if (fields.fleet.empty())
    fields.fleet = options.fleet;
  const auto now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  impl_->guarded([&] {
    if (level < options.terminal_level)
      return;
    const auto* secrets = options.secrets.get();
    // One call for the whole line, so that lines of several threads do not mix.
    const auto line =
        (options.terminal_json ? json_line(now, level, text, fields, secrets, impl_->process)
                               : human_line(now, level, text, fields, secrets, impl_->colour))
        + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  });
  impl_->guarded([&] {
    if (!impl_->file || level < options.file_level)
      return;
    impl_->file->write(json_line(now, level, text, fields, options.secrets.get(), impl_->process));
  });
}

bool logger::writes(log_level level) const noexcept {
  return level < log_level::off
         && (level >= impl_->options.terminal_level
             || (impl_->file && level >= impl_->options.file_level));
}

std::array<std::uint64_t, 4> logger::counts() const noexcept {
  std::array<std::uint64_t, 4> made{};
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = impl_->counted[i].load(std::memory_order_relaxed);
  return made;
}

namespace {

std::mutex process_mutex;
std::shared_ptr<logger> process_logger;

std::shared_ptr<logger> logger_of_process() noexcept {
  const std::lock_guard alone{process_mutex};
  return process_logger;
}

} // namespace

void log_to(std::shared_ptr<logger> where) {
  const std::lock_guard alone{process_mutex};
  process_logger = std::move(where);
}

bool is_logged(log_level level) noexcept {
  const auto to = logger_of_process();
  return to && to->writes(level);
}

void log(log_level level, std::string_view text, const log_fields& fields) noexcept {
  if (const auto to = logger_of_process())
    to->write(level, text, fields);
}

} // namespace baton
