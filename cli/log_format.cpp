#include "cli/log_format.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <streambuf>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {

/// systemd says so in the environment, which programs that redirect it leave as it is.
bool goes_to_the_journal(int descriptor) {
  const char* told = std::getenv("JOURNAL_STREAM");
  struct stat there {};
  return told && ::fstat(descriptor, &there) == 0
         && fmt::format("{}:{}", there.st_dev, there.st_ino) == told;
}

class json_lines : public std::streambuf {
public:
  void finish() {
    if (!rest_.empty())
      write_json_line(log_level::info, std::exchange(rest_, {}), {});
  }

protected:
  int_type overflow(int_type c) override {
    if (c == '\n')
      finish();
    else if (c != traits_type::eof())
      rest_ += traits_type::to_char_type(c);
    return traits_type::not_eof(c);
  }

private:
  std::string rest_;
};

} // namespace

bool logs_as_json(const cli_context& context) {
  return context.log_format == "json"
         || (context.log_format == "auto" && goes_to_the_journal(STDERR_FILENO));
}

void write_json_line(log_level level, std::string_view text, const log_fields& fields) {
  static const auto to_stderr = [] {
    log_options options;
    options.terminal_level = log_level::debug;
    options.terminal_json = true;
    return std::make_unique<logger>(std::move(options));
  }();
  to_stderr->write(level, text, fields);
}

struct json_stderr::impl {
  json_lines lines;
  std::streambuf* before = nullptr;
};

json_stderr::json_stderr() : impl_{std::make_unique<impl>()} {
  impl_->before = std::cerr.rdbuf(&impl_->lines);
}

json_stderr::~json_stderr() {
  impl_->lines.finish();
  std::cerr.rdbuf(impl_->before);
}

} // namespace baton
