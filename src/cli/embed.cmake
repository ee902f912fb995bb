# SPDX-License-Identifier: Apache-2.0
# Writes a source with the texts of Markdown files, by name: cmake -D OUTPUT=... -D FILES=a.md;b.md -P embed.cmake
set(content "// Generated from the pages beside the commands.\n#include \"cli/manuals.h\"\n\nnamespace verba {\nnamespace {\nstruct Page {\n  std::string_view name, text;\n};\nconstexpr Page kPages[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND content "    {\"${name}\", R\"manual(${text})manual\"},\n")
endforeach()
string(APPEND content "};\n}  // namespace\n\nstd::string_view manual_of(std::string_view command) {\n  for (const Page& page : kPages) {\n    if (page.name == command) return page.text;\n  }\n  return {};\n}\n\n}  // namespace verba\n")
file(WRITE ${OUTPUT} "${content}")
