#include "runtime/notify/secret_line.hpp"

#include "runtime/fault.hpp"
#include "runtime/secrets/secret_file.hpp"

namespace baton {

expected<std::string> read_secret_line(const std::string& path) {
  const auto file = read_secret_file(path);
  if (!file)
    return tl::unexpected<error>{file.error()};
  if (file->open_to_others)
    return fault(ec::secrets_failed, path + " can be read by others: chmod 600 " + path);
  constexpr const char* blanks = " \t\r\n";
  const auto begin = file->content.find_first_not_of(blanks);
  if (begin == std::string::npos)
    return fault(ec::secrets_failed, path + " is empty");
  const auto line = file->content.substr(begin, file->content.find('\n', begin) - begin);
  return line.substr(0, line.find_last_not_of(blanks) + 1);
}

} // namespace baton
