#include "runtime/journal/sealed_plan.hpp"

#include "messages/json.hpp"
#include "runtime/fault.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/secrets/free_texts.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace baton {

namespace {

/// An id is made by us, but comes back from outside: it must not leave the folder.
expected<std::filesystem::path> file_of(const std::filesystem::path& state_folder,
                                        std::string_view run) {
  if (run.empty() || run.find('/') != std::string_view::npos || run.starts_with('.'))
    return fault(ec::usage, "not the id of a run: " + std::string{run});
  return state_folder / "plans" / (std::string{run} + ".json");
}

bool is_whole(const plan& journaled) {
  bool whole = true;
  each_free_text(journaled, [&whole](std::string_view, const std::string& text) {
    whole = whole && text.find(redactor::mark) == std::string::npos;
  });
  return whole;
}

/// What both must have in common.
std::string without_free_texts(plan of) {
  each_free_text(of, [](std::string_view, std::string& text) { text.clear(); });
  return dump(to_json(of));
}

bool write_durably(const std::filesystem::path& file, std::string_view text) {
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return false;
  bool done = true;
  while (done && !text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    done = written > 0;
    text.remove_prefix(done ? static_cast<std::size_t>(written) : 0);
  }
  done = done && ::fsync(descriptor) == 0;
  const int why = errno;
  ::close(descriptor);
  errno = why;
  return done;
}

/// A name is durable when its folder is.
bool sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const bool done = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return done;
}

} // namespace

expected<void> seal_plan(const std::filesystem::path& state_folder, const plan& whole,
                         const plan& journaled) {
  if (is_whole(journaled))
    return {};
  const auto file = file_of(state_folder, whole.run);
  if (!file)
    return tl::unexpected<error>{file.error()};
  const auto folder = file->parent_path();
  if (auto made = make_private_folder(folder); !made)
    return made;
  const auto draft = file->string() + ".new";
  if (write_durably(draft, dump(to_json(whole))) && std::rename(draft.c_str(), file->c_str()) == 0
      && sync_folder(folder) && sync_folder(state_folder))
    return {};
  const int why = errno;
  ::unlink(draft.c_str());
  return fault(why == ENOSPC ? ec::no_space : ec::journal_failed,
               "cannot keep the plan of the run in " + file->string() + ": " + std::strerror(why));
}

expected<plan> whole_plan(const std::filesystem::path& state_folder, const plan& journaled) {
  if (is_whole(journaled))
    return journaled;
  const auto file = file_of(state_folder, journaled.run);
  if (!file)
    return tl::unexpected<error>{file.error()};
  std::ifstream in{*file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  try {
    auto made = plan_from_json(json::parse(text));
    if (without_free_texts(made) == without_free_texts(journaled))
      return made;
  } catch (const json::exception&) {
  }
  return fault(ec::journal_failed,
               "the plan of run " + journaled.run + " holds secrets, which were kept in "
                   + file->string()
                   + (text.empty() ? ": that file is gone" : ": that file is damaged")
                   + "; the run cannot go on, deploy anew");
}

void forget_sealed_plan(const std::filesystem::path& state_folder, std::string_view run) {
  if (const auto file = file_of(state_folder, run))
    ::unlink(file->c_str());
}

} // namespace baton
