#include "cli/report/kept_output.hpp"

#include "runtime/log/step_output.hpp"

namespace baton {

output_end kept_output(const std::filesystem::path& state_folder) {
  return [state_folder](const std::string& step_id, std::size_t bytes_max) {
    return read_step_output_end(state_folder, step_id, bytes_max).value_or(std::string{});
  };
}

} // namespace baton
