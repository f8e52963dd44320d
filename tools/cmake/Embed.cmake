# cmake -DOUTPUT=file.cpp -DFILES=a;b -P Embed.cmake
# A C++ file that holds the files' bytes (tgstats/web/assets.h).
set(arrays "")
set(table "")
set(number 0)
string(REPEAT "0x..," 16 line)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  set(array file_${number})
  string(APPEND arrays "constexpr unsigned char ${array}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", "
         "{reinterpret_cast<const char*>(${array}), sizeof(${array}) - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT}.new
"#include \"tgstats/web/assets.h\"

namespace tgstats {
namespace {

${arrays}
const Asset table[] = {
${table}};

}  // namespace

std::span<const Asset> assets() { return table; }

}  // namespace tgstats
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
