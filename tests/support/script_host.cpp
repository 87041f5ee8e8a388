#include "tests/support/script_host.hpp"

#include "embedded/steps.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace baton {

void write_file(const fs::path& file, std::string_view content, unsigned mode) {
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << content;
  ::chmod(file.c_str(), mode);
}

std::string read_file(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

unsigned mode_of(const fs::path& file) {
  struct stat about = {};
  return ::stat(file.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
}

std::vector<std::vector<std::string>> shells() {
  return {{"/usr/bin/dash"}, {"/bin/busybox", "sh"}};
}

job_end script_host::run(const job& what, duration deadline) {
  const auto step = folder_ / "step";
  fs::remove_all(step);
  fs::create_directories(step / "files");
  fs::create_directories(state());
  for (const auto& file : what.files)
    write_file(step / "files" / file.name, *file.content);
  write_file(step / "script", std::string{embedded::step_prelude_sh} + what.script);
  write_file(step / "facts", "");
  process_request request;
  request.argv = shell_;
  request.argv.push_back((step / "script").string());
  request.env = env_;
  request.env["HOME"] = home().string();
  request.env["BATON_DIR"] = state().string();
  request.env["BATON_FILES"] = (step / "files").string();
  request.env["BATON_FACTS"] = (step / "facts").string();
  request.deadline = deadline;
  const auto ended = run_process(request);
  if (!ended)
    throw std::runtime_error(ended.error().what);
  const auto said = ended->out + ended->err;
  job_end end;
  end.exit = ended->exit;
  end.signal = ended->signal;
  end.deadline_hit = ended->deadline_hit;
  end.facts = read_file(step / "facts");
  end.log_tail = said.substr(said.size() > 8192 ? said.size() - 8192 : 0);
  return end;
}

} // namespace baton
