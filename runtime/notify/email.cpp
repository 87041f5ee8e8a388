#include "runtime/notify/senders.hpp"

#include "runtime/log/utf8.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace baton {

namespace {

/// By RFC 5322, in UTC; of no locale.
std::string date_of(time_point at) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto utc = fmt::gmtime(std::chrono::system_clock::to_time_t(at));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::string domain_of(const std::string& address) {
  const auto domain = one_line(address.substr(address.find('@') + 1));
  return domain.substr(0, domain.find_first_of("> "));
}

/// All mails of a run are one thread, whose root is no mail.
std::string thread_id(const message& what, const std::string& domain) {
  return "<" + (what.run.empty() ? what.fleet : what.run) + "@" + domain + ">";
}

/// `Name <address>`, the name encoded where it is not ASCII.
std::string address_header(const std::string& address) {
  auto line = one_line(address);
  const auto begin = line.find('<');
  if (begin == std::string::npos || begin == 0)
    return line;
  return encoded_header(line.substr(0, begin)) + " " + line.substr(begin);
}

std::string listed(const std::vector<std::string>& addresses) {
  std::string text;
  for (const auto& one : addresses)
    text += (text.empty() ? "" : ", ") + address_header(one);
  return text;
}

/// Just the address of `Name <address>`.
std::string bare(const std::string& address) {
  const auto begin = address.find('<');
  if (begin == std::string::npos)
    return one_line(address);
  return one_line(address.substr(begin + 1, address.find('>', begin) - begin - 1));
}

std::vector<std::string> headers_of(const channel& to, const message& what) {
  const auto domain = domain_of(to.from);
  return {"Date: " + date_of(what.at),
          "From: " + address_header(to.from),
          "To: " + listed(to.to),
          "Subject: " + encoded_header("[baton] " + what.title),
          "Message-ID: <" + one_line(what.id) + "@" + domain + ">",
          "In-Reply-To: " + thread_id(what, domain),
          "References: " + thread_id(what, domain),
          "Auto-Submitted: auto-generated",
          "X-Auto-Response-Suppress: All"};
}

std::string plain_text(const message& what) {
  if (!what.text_template.empty())
    return render(what.text_template, what,
                  [](std::string_view text) { return std::string{text}; });
  return what.title + "\n\n" + what.text + (what.next.empty() ? "" : "\n" + what.next + "\n");
}

std::string html_text(const message& what) {
  if (!what.text_template.empty())
    return "<html><body>" + render(what.text_template, what, &with_entities) + "</body></html>";
  return "<html><body><p><b>" + with_entities(what.title) + "</b></p>\n<pre>"
         + with_entities(what.text) + "</pre>\n"
         + (what.next.empty() ? "" : "<p><code>" + with_entities(what.next) + "</code></p>\n")
         + "</body></html>";
}

/// As lines of a mail end: of others libcurl makes characters.
std::string with_crlf(std::string_view text) {
  std::string made;
  for (const char c : text)
    if (c == '\n')
      made += "\r\n";
    else if (c != '\r')
      made += c;
  return made;
}

send_outcome judge(const mail_reply& reply) {
  const auto why =
      "the mail server answers " + std::to_string(reply.status) + ": " + said(reply.why);
  constexpr int permanent = 500;
  if (reply.status < permanent)
    return try_again(send_fault::server_error, why);
  return reply.of_content ? refuse(why) : stop_channel(send_fault::unauthorized, why);
}

} // namespace

send_outcome send_email(const sending& one) {
  mail letter;
  letter.server = one.to.server;
  letter.ca_file = one.to.ca_file;
  letter.user = one.to.user;
  if (!one.to.password_file.empty()) {
    auto password = read_secret_line(one.to.password_file);
    if (!password)
      return misconfigured(password.error());
    letter.password = std::move(*password);
  }
  letter.from = bare(one.to.from);
  for (const auto& address : one.to.to)
    letter.to.push_back(bare(address));
  auto what = one.what;
  for (auto* text : {&what.title, &what.text, &what.next})
    *text = repair_utf8(*text);
  letter.headers = headers_of(one.to, what);
  letter.text = with_crlf(plain_text(what));
  letter.html = with_crlf(html_text(what));
  letter.deadline = one.deadline;
  const auto reply = send_mail(letter, one.stop);
  if (!reply)
    return without_answer(reply.error());
  return reply->sent ? sent_well() : judge(*reply);
}

} // namespace baton
