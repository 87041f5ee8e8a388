#include "runtime/notify/send.hpp"

#include "messages/json.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/senders.hpp"
#include "runtime/notify/text.hpp"
#include "runtime/secrets/secret_file.hpp"

#include <chrono>
#include <sys/stat.h>

namespace baton {

namespace {

send_outcome send_by_kind(const sending& one) {
  switch (one.to.kind) {
  case channel_kind::telegram:
    return send_telegram(one);
  case channel_kind::slack:
    return send_slack(one);
  case channel_kind::email:
    return send_email(one);
  case channel_kind::webhook:
    return send_webhook(one);
  case channel_kind::command:
    break;
  }
  return send_command(one);
}

/// What this call may have had in its hands.
std::string without_own_secrets(const channel& of, const std::string& text) {
  redactor by;
  for (const auto& path : secret_files_of(of))
    if (const auto secret = read_secret_line(path))
      by.add(*secret);
  return by.redact(text);
}

} // namespace

std::vector<std::string> secret_files_of(const channel& of) {
  std::vector<std::string> files;
  for (const auto* path : {&of.token_file, &of.url_file, &of.password_file})
    if (!path->empty())
      files.push_back(*path);
  return files;
}

std::string likeness_of(const channel& of) {
  alert_policy alone;
  alone.channels = {of};
  auto text = dump(to_json(alone));
  auto files = secret_files_of(of);
  if (!of.run.argv.empty() && of.run.argv.front().starts_with('/'))
    files.push_back(of.run.argv.front());
  for (const auto& path : files) {
    struct stat there {};
    text += '\n';
    if (::stat(path.c_str(), &there) == 0)
      for (const auto number :
           {static_cast<long>(there.st_ino), static_cast<long>(there.st_size),
            static_cast<long>(there.st_mode), there.st_mtim.tv_sec, there.st_mtim.tv_nsec})
        text += std::to_string(number) + ' ';
  }
  return keyed_digest("", text);
}

send_outcome send(const sending& one) {
  const auto begun = std::chrono::steady_clock::now();
  auto outcome = send_by_kind(one);
  outcome.why = without_own_secrets(one.to, outcome.why);
  outcome.took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begun);
  return outcome;
}

send_outcome sent_well() {
  return {};
}

send_outcome try_again(send_fault fault, std::string why) {
  send_outcome made;
  made.is = send_outcome::kind::again;
  made.fault = fault;
  made.why = std::move(why);
  return made;
}

send_outcome refuse(std::string why) {
  send_outcome made;
  made.is = send_outcome::kind::refused;
  made.fault = send_fault::refused;
  made.why = std::move(why);
  return made;
}

send_outcome stop_channel(send_fault fault, std::string why) {
  send_outcome made;
  made.is = send_outcome::kind::stopped;
  made.fault = fault;
  made.why = std::move(why);
  return made;
}

send_outcome without_answer(const error& why) {
  if (why.code == ec::usage)
    return stop_channel(send_fault::misconfigured, why.what);
  return try_again(why.code == ec::timed_out ? send_fault::timed_out : send_fault::unreachable,
                   why.what);
}

send_outcome misconfigured(const error& why) {
  return stop_channel(send_fault::misconfigured, why.what);
}

std::string said(std::string_view body) {
  constexpr std::size_t most = 200;
  return one_line(cut_to_units(repair_utf8(body), most));
}

} // namespace baton
