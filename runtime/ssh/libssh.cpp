#include "runtime/ssh/libssh.hpp"

#include "runtime/ssh/encoding.hpp"

namespace baton::ssh {

host_key public_part(ssh_key key) {
  char* text = nullptr;
  if (key == nullptr || ::ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
    return {};
  const std::string base64 = text;
  ::ssh_string_free_char(text);
  host_key made;
  made.blob = from_base64(base64).value_or("");
  std::string_view rest = made.blob;
  made.type = read_string(rest).value_or("");
  return made;
}

std::string error_text(ssh_session session) {
  const char* text = ::ssh_get_error(session);
  std::string copy = text != nullptr ? text : "";
  while (!copy.empty() && (copy.back() == '\n' || copy.back() == '\r' || copy.back() == ' '))
    copy.pop_back();
  return copy.empty() ? "no reason given" : copy;
}

} // namespace baton::ssh
