# Writes the FILES as string constants into OUT. A C++ string literal may hold
# 65,536 characters by the standard, so long files are written in pieces.
set(text "#pragma once\n#include <string_view>\n\nnamespace baton::embedded {\n\n")
foreach(file IN LISTS FILES)
  if(NOT IS_ABSOLUTE "${file}")
    set(file "${SOURCE}/${file}")
  endif()
  get_filename_component(name "${file}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" name)
  string(TOLOWER "${name}" name)
  # Brackets and semicolons would be taken for list syntax: work on hex.
  file(READ "${file}" hex HEX)
  string(LENGTH "${hex}" length)
  math(EXPR bytes "${length} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND text "inline constexpr unsigned char ${name}_bytes[] = {${hex}0x00};\n"
    "inline const std::string_view ${name}{reinterpret_cast<const char*>(${name}_bytes), ${bytes}};\n\n")
endforeach()
string(APPEND text "} // namespace baton::embedded\n")
file(WRITE "${OUT}.new" "${text}")
file(RENAME "${OUT}.new" "${OUT}")
