#pragma once

#include "messages/policy.hpp"
#include "messages/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who is told of what happens to runs, and what a message to them is.

namespace baton {

/// A command of the user: either words, run as they are, or one line for `sh -c`.
struct command {
  std::vector<std::string> argv; ///< used when not empty
  std::string shell;             ///< else this; both empty: no command
  bool empty() const { return argv.empty() && shell.empty(); }
  bool operator==(const command&) const = default;
};

enum class channel_kind : std::uint8_t { telegram, slack, email, webhook, command };

/// Where messages go. Paths are those of the controller, absolute; the files of secrets are read
/// when something is sent.
struct channel {
  std::string name;
  channel_kind kind = channel_kind::command;
  std::string api;             ///< telegram: where the Bot API answers, without a slash at its end
  std::string chat;            ///< telegram: a number, or @name
  int thread = 0;              ///< telegram: topic of a forum; 0: none
  std::string token_file;      ///< telegram: of the bot; webhook: sent as `Bearer`; empty: none
  std::string url;             ///< webhook
  std::string url_file;        ///< slack, and webhook in place of `url`: the URL is a secret
  std::string server;          ///< email: smtp://host:25, smtps://host:465
  std::string from;            ///< email
  std::vector<std::string> to; ///< email
  std::string user;            ///< email: empty: no login
  std::string password_file;   ///< email
  std::string ca_file;         ///< whom to trust in place of the system's authorities; empty: those
  struct command run;          ///< command: the event as JSON on its standard input

  bool operator==(const channel&) const = default;
};

/// Which events go to which channels.
struct alert_route {
  std::vector<std::string> events; ///< names of types, as `alert_raised`
  std::vector<severity> severities;
  std::vector<std::string> channels;
  std::string text_template; ///< mustache; empty: Baton's own words
  bool operator==(const alert_route&) const = default;
};

struct alert_policy {
  std::vector<channel> channels;
  std::vector<alert_route> routes; ///< all that fit count; a channel is told once, by the first
  duration repeat = std::chrono::hours{4}; ///< between reminders of what needs a person; 0: none
  duration wait{0};                        ///< how long the end of a run waits for its messages
  duration deliver_for = std::chrono::hours{24}; ///< how long a message is tried

  bool operator==(const alert_policy&) const = default;
};

/// What can be routed.
inline constexpr std::string_view routable_events[] = {"run_requested",    "phase_ended",
                                                       "rollback_started", "cancel_requested",
                                                       "alert_raised",     "run_finished"};

/// Null when there is no channel of that name.
const channel* find_channel(const alert_policy& in, std::string_view name);

/// Why something could not be sent: a label of metrics.
enum class send_fault : std::uint8_t {
  timed_out,
  unreachable,   ///< no connection: network, name, TLS
  throttled,     ///< 429
  server_error,  ///< 5xx, or an answer nobody understands
  unauthorized,  ///< token, login or address are not accepted
  untrusted,     ///< its certificate is not accepted
  refused,       ///< the message itself is not accepted
  failed,        ///< a command ended badly
  misconfigured, ///< a file of secrets that cannot be read, a program that is not there
  gone,          ///< the channel is not in baton.yaml any more
};
std::string_view to_string(send_fault value) noexcept;

/// What became of one try.
struct send_outcome {
  enum class kind : std::uint8_t {
    sent,
    again,   ///< may work later
    refused, ///< this message never will
    stopped, ///< nothing on this channel will, until somebody changes something
  };
  kind is = kind::sent;
  send_fault fault = send_fault::unreachable; ///< unless sent
  std::string why;                            ///< unless sent, for people; no secrets
  std::optional<duration> retry_after;        ///< asked for by who refused
  std::string moved_to;                       ///< telegram: the chat's number from now on
  bool plain = false;                         ///< telegram: its markup was not accepted
  duration took{0};
};

/// A row of the outbox that is not decided yet.
struct outbox_row {
  std::uint64_t event = 0; ///< number of the event it tells of
  std::string channel;
  int nth = 0; ///< 0: the message itself; n: its nth reminder
  std::string run;
  std::string text_template;
  time_point since; ///< when it came to be
  time_point due;   ///< not before; of a message itself the same
  int attempts = 0; ///< that have failed
  time_point retry_at;
  std::string last_error;
};

/// What a host serves, in a message.
struct served_line {
  std::string host;
  std::string serves; ///< as in the verdict: `new`, `old` …
  std::string health; ///< `healthy`, `not healthy`, or empty
  std::string commit;
};

/// What is told, apart from how a channel writes it.
struct message {
  std::string id; ///< the same for every try: RUN-EVENT-NTH
  std::string run, fleet, environment;
  std::string event; ///< name of the type
  enum severity severity = severity::info;
  time_point at;
  int nth = 0; ///< 0: the message itself; n: its nth reminder
  std::string title;
  std::string text; ///< lines; may be empty
  std::string status, phase, host, commit, error;
  std::vector<served_line> hosts;
  std::string next; ///< what to do, a command line; may be empty
  std::string text_template;
  std::string event_json; ///< the event itself, one line
};

} // namespace baton
