// What the input of the target `install` says: packages to be installed one after another, a line a thing, so that
// mutations keep most of it. Anything at all means something.
//
//   f MODE PATH CONTENT      a file             l PATH TARGET   a symbolic link
//   d MODE PATH              a directory        h PATH PATH     a hard link to the file of an earlier line
//   m TEXT                   the manifest       =               the next package begins
//   p PATH                   below this prefix  o LETTERS       k, r: files in the way are kept, or refused; u: the
//                                                               index is not sorted; n: values for templates
//
// and of the entry before it: x NAME VALUE an attribute, u OWNER GROUP, t TIME, s SIZE that is claimed, e FRAME COUNT
// OFFSET where its content is said to be, i LINE its line of the index. A path without a section is a file's of the
// root. '@' stands for the absolute path of what lies outside.
#pragma once

#include "forge.hpp"

#include <mos/install/plan.hpp>

#include <string_view>
#include <vector>

namespace mos::fuzz {

struct ForgedInstall {
    ForgedPackage package;
    install::InstallOptions options;
};

[[nodiscard]] std::vector<ForgedInstall> read_install_script(std::string_view input, std::string_view outside);

}  // namespace mos::fuzz
