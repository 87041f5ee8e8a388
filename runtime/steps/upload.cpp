#include "runtime/steps/upload.hpp"

#include "runtime/fault.hpp"
#include "runtime/shell_quote.hpp"
#include "runtime/steps/control_shell.hpp"
#include "runtime/steps/shell_frames.hpp"
#include "runtime/steps/shell_program.hpp"
#include "runtime/steps/step_name.hpp"

#include <cstddef>
#include <utility>

namespace baton {

namespace {
constexpr std::size_t reason_bytes_max = 64 * 1024;
} // namespace

std::string step_files_folder(std::string_view state_dir, std::string_view id) {
  const auto name = name_step(id).value_or(step_name{"%", "+"});
  return std::string{state_dir} + "/files/" + name.run + '/' + name.step;
}

struct upload::state {
  options what;
  std::function<void()> ready;
  std::function<void(expected<void>)> done;
  std::string marker = random_nonce();
  shell_frames frames{marker};
  bool readied = false;

  void finish(expected<void> how) {
    if (auto call = std::exchange(done, nullptr))
      call(std::move(how));
  }
};

upload::upload(options what, std::function<void()> ready, std::function<void(expected<void>)> done)
    : state_{new state{std::move(what), std::move(ready), std::move(done)}} {
  state_->frames.payload_max(reason_bytes_max);
}

upload::~upload() = default;

std::string upload::bootstrap() {
  const auto& my = *state_;
  return upload_program() + "b_put " + my.marker + ' ' + random_nonce().substr(0, 16) + ' '
         + shell_quote(my.what.folder) + ' ' + shell_quote(my.what.name) + ' '
         + std::to_string(my.what.size) + '\n';
}

void upload::feed(std::string_view bytes) {
  auto& my = *state_;
  if (!my.done)
    return;
  my.frames.feed(bytes);
  shell_frames::frame answer;
  const bool answered = my.frames.next(answer, [](std::uint64_t) {});
  if (!my.frames.broken().empty()) {
    my.finish(fault(ec::connection_lost,
                    "the upload of " + my.what.name + " failed: " + my.frames.broken(),
                    my.what.target));
    return;
  }
  // A refusal comes right behind the greeting: then the content is not wanted any more.
  if (!answered) {
    if (my.frames.greeted() && !std::exchange(my.readied, true))
      my.ready();
    return;
  }
  if (answer.words.size() == 1 && answer.words[0] == "ok") {
    my.finish({});
    return;
  }
  auto reason = answer.payload.substr(0, answer.payload.find_last_not_of('\n') + 1);
  const bool full = reason.find("o space left") != std::string::npos
                    || reason.find("uota exceeded") != std::string::npos;
  my.finish(fault(full ? ec::no_space : ec::step_failed,
                  my.what.folder + '/' + my.what.name + " cannot be written: " + reason,
                  my.what.target));
}

void upload::lost(const error& why) {
  state_->finish(tl::unexpected<error>{why});
}

} // namespace baton
