// multios-package: makes, signs, shows, verifies, installs, removes and lists packages.
#include "tool.hpp"

#include "frame/run.hpp"

int main(int count, char **arguments) { return frame::run(package_tool::make_tool(), count, arguments); }
