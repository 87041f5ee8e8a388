#include "runtime/notify/send.hpp"

#include "messages/json.hpp"
#include "runtime/http/url.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/senders.hpp"
#include "runtime/notify/text.hpp"
#include "runtime/secrets/secret_file.hpp"

#include <algorithm>
#include <cctype>
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
  for (const auto& secret : secrets_of_channel(of))
    by.add(secret);
  return by.redact(text);
}

/// Whether a piece of a URL may be what lets others send; a plain word is not.
bool may_be_secret(std::string_view piece) {
  constexpr std::size_t length_min = 8;
  constexpr std::size_t word_max = 15;
  return piece.size() > word_max
         || (piece.size() >= length_min
             && std::any_of(piece.begin(), piece.end(), [](unsigned char c) {
                  return std::islower(c) == 0 && c != '-' && c != '_';
                }));
}

/// A server repeats the path, or a piece of it, and knows of no host.
void add_pieces(const std::string& url, std::vector<std::string>& into) {
  const auto scheme = url.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto path = url.find_first_of("/?#", host);
  if (path == std::string::npos)
    return;
  const auto behind = url.substr(path);
  for (const auto& whole : {behind, behind.substr(0, behind.find_first_of("?#"))})
    if (may_be_secret(whole))
      into.push_back(whole);
  for (std::size_t at = 0; at < behind.size();) {
    const auto end = std::min(behind.find_first_of("/?&=#;", at), behind.size());
    if (const auto piece = behind.substr(at, end - at); may_be_secret(piece))
      into.push_back(piece);
    at = end + 1;
  }
}

/// The first word, which is a path or is looked up in PATH.
std::string program_of(const command& one) {
  if (!one.argv.empty())
    return one.argv.front();
  const auto begin = one.shell.find_first_not_of(" \t");
  return begin == std::string::npos
             ? std::string{}
             : one.shell.substr(begin, one.shell.find_first_of(" \t;|&<>()\n", begin) - begin);
}

} // namespace

std::vector<std::string> secret_files_of(const channel& of) {
  std::vector<std::string> files;
  for (const auto* path : {&of.token_file, &of.url_file, &of.password_file})
    if (!path->empty())
      files.push_back(*path);
  return files;
}

std::vector<std::string> secrets_of_channel(const channel& of) {
  std::vector<std::string> found;
  for (const auto& path : secret_files_of(of)) {
    auto secret = read_secret_line(path);
    if (!secret)
      continue;
    if (path == of.url_file) {
      for (const auto& part : parts_of_url(*secret))
        found.push_back(part.text);
      add_pieces(*secret, found);
    }
    found.push_back(std::move(*secret));
  }
  for (std::size_t i = 0, count = found.size(); i < count; ++i)
    if (auto plain = url_decoded(found[i]); plain != found[i])
      found.push_back(std::move(plain));
  return found;
}

std::string likeness_of(const channel& of, const std::filesystem::path& folder) {
  alert_policy alone;
  alone.channels = {of};
  auto text = dump(to_json(alone));
  auto files = secret_files_of(of);
  if (!of.ca_file.empty())
    files.push_back(of.ca_file);
  const auto program = program_of(of.run);
  if (program.find('/') != std::string::npos)
    files.push_back(folder / program);
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
  // What a step printed may move a cursor, or set a title, where mail is read.
  auto what = one.what;
  for (auto* text : {&what.title, &what.text, &what.error, &what.next, &what.phase, &what.host})
    *text = printable(*text);
  auto outcome = send_by_kind({one.to, what, one.folder, one.chat, one.deadline, one.stop});
  // Cut behind that: what is left of a secret that was cut is none to the redactor.
  constexpr std::size_t why_max = 300;
  outcome.why = one_line(cut_to_units(without_own_secrets(one.to, outcome.why), why_max));
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
  if (why.code == ec::auth_failed)
    return stop_channel(send_fault::untrusted, why.what);
  return try_again(why.code == ec::timed_out ? send_fault::timed_out : send_fault::unreachable,
                   why.what);
}

send_outcome misconfigured(const error& why) {
  return stop_channel(send_fault::misconfigured, why.what);
}

std::string said(std::string_view body) {
  constexpr std::size_t most = 4'096;
  return one_line(cut_to_units(repair_utf8(body), most));
}

} // namespace baton
