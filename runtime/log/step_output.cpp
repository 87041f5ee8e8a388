#include "runtime/log/step_output.hpp"

#include "runtime/fault.hpp"
#include "runtime/journal/state_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

/// Of an output that is too long so much of its end is kept: errors stand there.
constexpr std::size_t tail_bytes = 64u << 10;

tl::unexpected<error> output_fault(std::string what, int number) {
  return fault(ec::journal_failed, std::move(what) + ": " + std::strerror(number));
}

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '_' || c == '.' || c == ':';
}

/// One component of a path for any text: `vps/vps/1/prepare` is `vps+vps+1+prepare`.
std::string component(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string made;
  for (const char c : text) {
    if (c == '/') {
      made += '+';
    } else if (plain(c) && !(made.empty() && c == '.')) {
      made += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      made += '%';
      made += hex[byte >> 4];
      made += hex[byte & 15];
    }
  }
  return made;
}

std::string text_of(std::string_view component) {
  std::string made;
  for (std::size_t i = 0; i < component.size(); ++i) {
    if (component[i] == '+')
      made += '/';
    else if (component[i] == '%' && i + 2 < component.size()) {
      made += static_cast<char>(
          std::strtoul(std::string{component.substr(i + 1, 2)}.c_str(), nullptr, 16));
      i += 2;
    } else {
      made += component[i];
    }
  }
  return made;
}

std::filesystem::path outputs(const std::filesystem::path& state_folder) {
  return state_folder / "output";
}

/// A step's id begins with its run's.
expected<std::filesystem::path> file_of(const std::filesystem::path& state_folder,
                                        std::string_view step_id) {
  const auto slash = step_id.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == step_id.size())
    return fault(ec::usage, "not the id of a step: " + std::string{step_id});
  auto name = component(step_id.substr(slash + 1));
  if (name.size() > 250)
    return fault(ec::usage, "the id of this step is too long: " + std::string{step_id});
  return outputs(state_folder) / component(step_id.substr(0, slash)) / name;
}

} // namespace

struct step_output::impl {
  impl(int opened, std::uint64_t there, std::shared_ptr<const redactor> secrets, std::size_t most)
      : descriptor(opened), kept(there), bytes_max(most), redacted(std::move(secrets)) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() { ::close(descriptor); }

  void put(std::string_view text) {
    while (!text.empty()) {
      const auto written = ::write(descriptor, text.data(), text.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return;
      kept += static_cast<std::uint64_t>(written);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void keep(std::string_view text) {
    const auto room = bytes_max > kept ? bytes_max - kept : 0;
    const auto head = text.substr(0, static_cast<std::size_t>(room));
    put(head);
    text.remove_prefix(head.size());
    left_out += text.size();
    tail += text;
    if (tail.size() > 2 * tail_bytes)
      tail.erase(0, tail.size() - tail_bytes);
  }

  void keep_tail() {
    if (tail.size() > tail_bytes)
      tail.erase(0, tail.size() - tail_bytes);
    if (left_out > tail.size())
      put("\n[" + std::to_string(left_out - tail.size()) + " bytes left out]\n");
    put(tail);
    tail.clear();
    left_out = 0;
  }

  int descriptor;
  std::uint64_t kept;
  std::size_t bytes_max;
  redacted_stream redacted;
  std::uint64_t left_out = 0;
  std::string tail; ///< of what did not fit
};

step_output::step_output(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
step_output::step_output(step_output&&) noexcept = default;

step_output& step_output::operator=(step_output&& other) noexcept {
  finish();
  impl_ = std::move(other.impl_);
  return *this;
}

step_output::~step_output() {
  finish();
}

expected<step_output> step_output::open(const std::filesystem::path& state_folder,
                                        std::string_view step_id,
                                        std::shared_ptr<const redactor> secrets,
                                        std::size_t bytes_max) {
  const auto file = file_of(state_folder, step_id);
  if (!file)
    return tl::unexpected<error>{file.error()};
  if (auto made = make_private_folder(file->parent_path()); !made)
    return tl::unexpected<error>{made.error()};
  const int descriptor =
      ::open(file->c_str(), O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return output_fault(
        "cannot keep the output of " + std::string{step_id} + " in " + file->string(), errno);
  return step_output{
      std::make_unique<impl>(descriptor, std::uint64_t{0}, std::move(secrets), bytes_max)};
}

std::string step_output::append(std::string_view bytes) noexcept {
  try {
    auto told = impl_->redacted.push(bytes);
    impl_->keep(told);
    return told;
  } catch (const std::exception&) {
    return {}; // no memory: better nothing than a secret
  }
}

std::string step_output::finish() noexcept {
  if (!impl_)
    return {};
  try {
    auto told = impl_->redacted.finish();
    impl_->keep(told);
    impl_->keep_tail();
    return told;
  } catch (const std::exception&) {
    return {};
  }
}

std::uint64_t step_output::bytes_kept() const {
  return impl_->kept;
}

expected<std::vector<step_output_entry>>
list_step_outputs(const std::filesystem::path& state_folder, std::string_view run) {
  std::vector<step_output_entry> made;
  const auto folder = outputs(state_folder) / component(run);
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator{folder, none}) {
    struct stat there {};
    if (stat(file.path().c_str(), &there) != 0 || !S_ISREG(there.st_mode))
      continue;
    const auto written = std::chrono::seconds{there.st_mtim.tv_sec}
                         + std::chrono::nanoseconds{there.st_mtim.tv_nsec};
    made.push_back({std::string{run} + "/" + text_of(file.path().filename().string()),
                    static_cast<std::uint64_t>(there.st_size),
                    time_point{std::chrono::floor<std::chrono::milliseconds>(written)}});
  }
  if (none && none != std::errc::no_such_file_or_directory)
    return output_fault("cannot read " + folder.string(), none.value());
  std::sort(made.begin(), made.end(), [](const auto& a, const auto& b) {
    return std::tie(a.written, a.step_id) < std::tie(b.written, b.step_id);
  });
  return made;
}

expected<std::string> read_step_output(const std::filesystem::path& state_folder,
                                       std::string_view step_id, std::uint64_t offset,
                                       std::size_t bytes_max) {
  const auto file = file_of(state_folder, step_id);
  if (!file)
    return tl::unexpected<error>{file.error()};
  const int descriptor = ::open(file->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0 && errno == ENOENT)
    return fault(ec::usage, "no output of " + std::string{step_id} + " is kept");
  if (descriptor < 0)
    return output_fault("cannot read " + file->string(), errno);
  std::string made(bytes_max, '\0');
  std::size_t got = 0;
  while (got < bytes_max) {
    const auto count =
        ::pread(descriptor, made.data() + got, bytes_max - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    got += static_cast<std::size_t>(count);
  }
  ::close(descriptor);
  made.resize(got);
  return made;
}

expected<std::string> read_step_output_end(const std::filesystem::path& state_folder,
                                           std::string_view step_id, std::size_t bytes_max) {
  const auto file = file_of(state_folder, step_id);
  struct stat there {};
  std::uint64_t from = 0;
  if (file && stat(file->c_str(), &there) == 0)
    from = static_cast<std::uint64_t>(there.st_size);
  return read_step_output(state_folder, step_id, from > bytes_max ? from - bytes_max : 0,
                          bytes_max);
}

expected<void> prune_step_outputs(const std::filesystem::path& state_folder,
                                  std::size_t runs_kept) {
  std::vector<std::filesystem::path> runs;
  std::error_code none;
  for (const auto& one : std::filesystem::directory_iterator{outputs(state_folder), none})
    runs.push_back(one.path());
  std::sort(runs.begin(), runs.end());
  if (runs.size() <= runs_kept)
    return {};
  runs.resize(runs.size() - runs_kept);
  for (const auto& one : runs) {
    std::filesystem::remove_all(one, none);
    if (none)
      return output_fault("cannot remove " + one.string(), none.value());
  }
  return {};
}

} // namespace baton
