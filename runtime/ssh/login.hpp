#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/agent_client.hpp"
#include "runtime/ssh/identity.hpp"
#include "runtime/ssh/libssh.hpp"
#include "runtime/ssh/reactor.hpp"
#include "runtime/ssh/resolve.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::ssh {

/// Proves to a host who we are: with key files that need no passphrase, then with what the ssh
/// agent holds, one key at a time, those of the ssh config first. On the reactor's thread only.
///
/// libssh talks to an agent by blocking reads. So it is given a socket pair in place of the
/// agent, whose other end has been written to before each call: the list with one key, and on the
/// first round a refusal to sign. What it asked to be signed is then read from the pair, put to the
/// real agent without blocking, and the same call is made again with the signature waiting.
class login {
public:
  enum class progress { again, done, failed };

  /// `wake` is called when `step` has something to do though the host sent nothing.
  login(reactor& loop, identity_store& keys, const resolved_endpoint& to,
        reactor::clock::time_point deadline, std::chrono::milliseconds agent_deadline,
        std::function<void()> wake);
  login(const login&) = delete;
  login& operator=(const login&) = delete;
  ~login();

  /// Goes on as far as it can without waiting.
  progress step(ssh_session session);

  /// Why it failed: what was tried, and what to do. `at_end`: what was heard last of a connection
  /// that has ended meanwhile. If that ended before any key was refused, and without a word of the
  /// host's about it, then the line broke (`unreachable`), which says nothing of the keys.
  error why(const std::optional<std::string>& at_end) const;

private:
  struct candidate {
    std::shared_ptr<const identity> file; ///< signs by itself, unless null
    agent_key shown;                      ///< else this is shown to the host
    std::string signer;                   ///< and the agent signs with this key of its own (blob)
  };
  enum class phase { begin, listing, next, file, agent, signing, over };

  void begin();
  void list_agent();
  void heard_list(const expected<std::string>& answer);
  void add_file(const std::shared_ptr<const identity>& file);
  void add_agent_keys(const std::vector<agent_key>& keys);
  bool add_agent_key(const identity& file, const std::vector<agent_key>& keys);
  std::vector<certificate> certificates_of(const identity& file) const;
  progress try_file(ssh_session session);
  progress try_agent(ssh_session session);
  bool load_agent_pair(ssh_session session);
  std::optional<std::string> asked_to_sign();
  void ask_agent_to_sign(std::string_view message);
  void refused_by_host(const std::string& how);
  /// The first candidate is not the one; `how` comes after its name.
  void refused(const std::string& how);

  reactor& loop_;
  identity_store& keys_;
  const resolved_endpoint& to_;
  reactor::clock::time_point deadline_;
  std::chrono::milliseconds agent_deadline_;
  std::function<void()> wake_;

  phase phase_ = phase::begin;
  bool agent_asked_ = false;
  std::deque<candidate> candidates_;
  std::vector<std::shared_ptr<const identity>> for_agent_; ///< files the agent may hold
  std::vector<std::string> tried_;
  bool was_refused_ = false; ///< by the host, and not by a line that broke
  std::vector<std::string> hints_;
  std::unique_ptr<agent_request> request_;
  std::string signature_; ///< the agent's answer for the key in turn; empty: not asked yet
  int pair_theirs_ = -1;  ///< libssh's from `ssh_set_agent_socket` on, which closes it
  int pair_ours_ = -1;
};

} // namespace baton::ssh
