#include "runtime/ssh/login.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/encoding.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

constexpr char failure_answer = 5;
constexpr char keys_answer = 12;
constexpr char sign_request = 13;
constexpr char sign_answer = 14;

std::string framed(const std::string& message) {
  std::string bytes;
  put_string(bytes, message);
  return bytes;
}

} // namespace

login::login(reactor& loop, identity_store& keys, const resolved_endpoint& to,
             reactor::clock::time_point deadline, std::chrono::milliseconds agent_deadline,
             std::function<void()> wake)
    : loop_(loop),
      keys_(keys),
      to_(to),
      deadline_(deadline),
      agent_deadline_(agent_deadline),
      wake_(std::move(wake)) {}

login::~login() {
  if (pair_ours_ >= 0)
    ::close(pair_ours_);
}

login::progress login::step(ssh_session session) {
  for (;;) {
    switch (phase_) {
    case phase::begin:
      begin();
      break;
    case phase::listing:
    case phase::signing:
      return progress::again;
    case phase::next:
      if (!candidates_.empty())
        phase_ = candidates_.front().file ? phase::file : phase::agent;
      else if (!agent_asked_)
        list_agent();
      else
        phase_ = phase::over;
      break;
    case phase::file:
    case phase::agent: {
      const auto got = phase_ == phase::file ? try_file(session) : try_agent(session);
      if (got != progress::failed)
        return got;
      if (!::ssh_is_connected(session))
        return progress::failed;
      break;
    }
    case phase::over:
      return progress::failed;
    }
  }
}

void login::begin() {
  phase_ = phase::next;
  for (const auto& file : to_.identities) {
    auto one = keys_.load(file);
    switch (one->is) {
    case identity::kind::usable:
      add_file(one);
      break;
    case identity::kind::encrypted:
      for_agent_.push_back(std::move(one));
      break;
    case identity::kind::missing:
      if (to_.identities_chosen)
        hints_.push_back(file + " does not exist");
      break;
    case identity::kind::unreadable:
      hints_.push_back(file + ": " + one->why);
      if (!one->shown.blob.empty())
        for_agent_.push_back(std::move(one));
      break;
    }
  }
}

// The certificates for a key: those of the ssh config, else the one beside the file.
std::vector<certificate> login::certificates_of(const identity& file) const {
  auto files = to_.certificates;
  if (files.empty())
    files.push_back(file.file + "-cert.pub");
  std::vector<certificate> found;
  for (const auto& each : files)
    if (auto one = read_certificate(each); one && certifies(one->shown, file.shown))
      found.push_back(std::move(*one));
  return found;
}

void login::add_file(const std::shared_ptr<const identity>& file) {
  for (const auto& with : certificates_of(*file))
    if (auto both = certified(*file, with))
      candidates_.push_back({std::move(both), {}, {}});
  candidates_.push_back({file, {}, {}});
}

void login::list_agent() {
  agent_asked_ = true;
  // Nothing the agent could help with: it is left alone.
  if (to_.identities_only && for_agent_.empty()) {
    phase_ = phase::over;
    return;
  }
  if (to_.agent.empty()) {
    for (const auto& file : for_agent_)
      hints_.push_back(file->file
                       + " is encrypted, and there is no ssh agent: start one and "
                         "`ssh-add "
                       + file->file + '`');
    phase_ = phase::over;
    return;
  }
  phase_ = phase::listing;
  const auto until = std::min(deadline_, reactor::clock::now() + agent_deadline_);
  request_ = std::make_unique<agent_request>(loop_, to_.agent, agent_list_message(), until,
                                             [this](const expected<std::string>& answer) {
                                               heard_list(answer);
                                               wake_();
                                             });
}

void login::heard_list(const expected<std::string>& answer) {
  request_.reset();
  phase_ = phase::next;
  const auto keys = answer ? parse_agent_list(*answer)
                           : expected<std::vector<agent_key>>{tl::unexpected{answer.error()}};
  if (keys) {
    add_agent_keys(*keys);
    return;
  }
  hints_.push_back(keys.error().what);
  for (const auto& file : for_agent_)
    hints_.push_back(file->file + " is encrypted, so only an agent can use it");
}

void login::add_agent_keys(const std::vector<agent_key>& keys) {
  for (const auto& file : for_agent_)
    if (!add_agent_key(*file, keys) && file->is == identity::kind::encrypted)
      hints_.push_back(file->file + " is encrypted, and the ssh agent does not hold it: `ssh-add "
                       + file->file + '`');
  if (to_.identities_only)
    return;
  for (const auto& key : keys) {
    // What a file has proved already, or is tried above, is not tried twice.
    const bool tried =
        std::any_of(candidates_.begin(), candidates_.end(),
                    [&](const auto& one) { return one.shown.key.blob == key.key.blob; })
        || std::any_of(to_.identities.begin(), to_.identities.end(), [&](const auto& file) {
             const auto one = keys_.load(file);
             return one->is == identity::kind::usable && one->shown.blob == key.key.blob;
           });
    if (!tried)
      candidates_.push_back({nullptr, key, key.key.blob});
  }
}

// A key of ours that only the agent can use; with its certificates, wherever they are, first.
bool login::add_agent_key(const identity& file, const std::vector<agent_key>& keys) {
  const agent_key* bare = nullptr;
  bool found = false;
  for (const auto& key : keys) {
    if (key.key.blob == file.shown.blob) {
      bare = &key;
    } else if (certifies(key.key, file.shown)) {
      candidates_.push_back({nullptr, key, key.key.blob});
      found = true;
    }
  }
  if (bare == nullptr)
    return found;
  for (const auto& with : certificates_of(file))
    candidates_.push_back({nullptr, {with.shown, with.file}, bare->key.blob});
  candidates_.push_back({nullptr, *bare, bare->key.blob});
  return true;
}

void login::refused_by_host(const std::string& how) {
  was_refused_ = true;
  refused(how);
}

void login::refused(const std::string& how) {
  const auto& now = candidates_.front();
  tried_.push_back(
      (now.file ? now.file->file
                : "agent key " + fingerprint(now.shown.key) + " (" + now.shown.comment + ')')
      + how);
  candidates_.pop_front();
  signature_.clear();
  phase_ = phase::next;
}

login::progress login::try_file(ssh_session session) {
  const int rc = ::ssh_userauth_publickey(session, nullptr, candidates_.front().file->key.get());
  switch (rc) {
  case SSH_AUTH_SUCCESS:
    return progress::done;
  case SSH_AUTH_AGAIN:
    return progress::again;
  case SSH_AUTH_PARTIAL:
    refused_by_host(" (accepted, but the host wants another method as well)");
    break;
  case SSH_AUTH_DENIED:
    refused_by_host(" (refused)");
    break;
  default:
    refused(" (" + error_text(session) + ')');
  }
  return progress::failed;
}

login::progress login::try_agent(ssh_session session) {
  if (pair_ours_ < 0 && !load_agent_pair(session)) {
    refused(" (no socket pair for the agent)");
    return progress::failed;
  }
  const int rc = ::ssh_userauth_agent(session, nullptr);
  const auto text = error_text(session);
  if (rc == SSH_AUTH_AGAIN)
    return progress::again;
  if (rc == SSH_AUTH_SUCCESS) {
    ::close(std::exchange(pair_ours_, -1));
    return progress::done;
  }
  auto to_sign = signature_.empty() ? asked_to_sign() : std::nullopt;
  ::close(std::exchange(pair_ours_, -1));
  if (to_sign && rc == SSH_AUTH_ERROR && ::ssh_is_connected(session)) {
    ask_agent_to_sign(*to_sign);
    return progress::again;
  }
  if (rc == SSH_AUTH_PARTIAL)
    refused_by_host(" (accepted, but the host wants another method as well)");
  else if (rc == SSH_AUTH_DENIED)
    refused_by_host(" (refused)");
  else
    refused(" (" + text + ')');
  return progress::failed;
}

// A fresh pair for each round, under the number that libssh knows: so no answer that was not
// fetched can be taken for the next one's.
bool login::load_agent_pair(ssh_session session) {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return false;
  pair_ours_ = pair[1];
  if (pair_theirs_ < 0) {
    pair_theirs_ = pair[0];
    ::ssh_set_agent_socket(session, pair_theirs_);
  } else {
    ::dup3(pair[0], pair_theirs_, O_CLOEXEC);
    ::close(pair[0]);
  }
  std::string list(1, keys_answer);
  put_u32(list, 1);
  put_string(list, candidates_.front().shown.key.blob);
  put_string(list, candidates_.front().shown.comment);
  const auto bytes =
      framed(list) + framed(signature_.empty() ? std::string(1, failure_answer) : signature_);
  return ::send(pair_ours_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT)
         == static_cast<ssize_t>(bytes.size());
}

std::optional<std::string> login::asked_to_sign() {
  std::string bytes;
  std::array<char, 16384> piece{};
  for (;;) {
    const auto got = ::recv(pair_ours_, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got <= 0)
      break;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  std::string_view rest = bytes;
  while (const auto message = read_string(rest))
    if (!message->empty() && message->front() == sign_request)
      return std::string{*message};
  return {};
}

void login::ask_agent_to_sign(std::string_view message) {
  phase_ = phase::signing;
  // The agent may know the key only without the certificate that is shown to the host.
  message.remove_prefix(1);
  read_string(message);
  std::string asked(1, sign_request);
  put_string(asked, candidates_.front().signer);
  asked += message;
  request_ = std::make_unique<agent_request>(
      loop_, to_.agent, std::move(asked), deadline_, [this](const expected<std::string>& answer) {
        request_.reset();
        if (answer && !answer->empty() && answer->front() == sign_answer) {
          signature_ = *answer;
          phase_ = phase::agent;
        } else {
          refused(answer ? " (the agent did not sign)" : " (" + answer.error().what + ')');
        }
        wake_();
      });
}

error login::why(const std::optional<std::string>& at_end) const {
  if (at_end && !was_refused_ && at_end->find("SSH_MSG_DISCONNECT") == std::string::npos)
    return make_error(ec::unreachable,
                      "the connection to " + where(to_) + " ended during the login: " + *at_end,
                      to_.name);
  std::string what = where(to_) + " accepted no key: tried ";
  if (tried_.empty())
    what += "none";
  for (std::size_t i = 0; i < tried_.size(); ++i)
    what += (i > 0 ? ", " : "") + tried_[i];
  for (const auto& hint : hints_)
    what += "; " + hint;
  if (at_end && at_end->find("oo many authentication failures") != std::string::npos)
    what += "; the host hung up after too many keys: name the right one as `identities`";
  else if (at_end && !at_end->empty())
    what += "; " + *at_end;
  return make_error(ec::auth_failed, std::move(what), to_.name);
}

} // namespace baton::ssh
