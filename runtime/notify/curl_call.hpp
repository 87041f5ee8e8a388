#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace baton {

/// One conversation over the network that blocks until it is over, its deadline has come, or
/// somebody wants it to stop. The errors' words have no URL in them: that may be a secret.

struct http_post {
  std::string url; ///< http or https
  std::vector<std::string> headers;
  std::string body;
  std::string ca_file; ///< whom to trust in place of the system's authorities; empty: those
  duration deadline = std::chrono::seconds{30};
};

struct http_reply {
  int status = 0;
  std::string body;                    ///< its beginning
  std::optional<duration> retry_after; ///< as a header says
};

/// Errors: timed_out, unreachable, auth_failed (its certificate is not accepted, or `ca_file`
/// cannot be read), usage (no such URL), cancelled.
expected<http_reply> post(const http_post& what, const std::stop_token& stop);

struct mail {
  std::string server; ///< smtp://host:25, smtps://host:465
  std::string user, password;
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> headers; ///< whole lines without an end
  std::string text, html;
  std::string ca_file; ///< as of http_post
  duration deadline = std::chrono::seconds{30};
};

struct mail_reply {
  int status = 0; ///< of SMTP; 0: none came
  bool sent = false;
  bool of_content = false; ///< unless sent: the mail itself was refused, and not who gets it
  std::string why;         ///< unless sent
};

/// Whether a URL's host is this very machine, by its name or number.
bool is_this_machine(const std::string& url);

/// Over TLS, but for a server on this very machine, which may lack it, or have any certificate.
/// Errors as of post(); what the server refuses is a reply.
expected<mail_reply> send_mail(const mail& what, const std::stop_token& stop);

} // namespace baton
