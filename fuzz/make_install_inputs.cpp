#include "corpus.hpp"

#include <string>

namespace mos::fuzz {

namespace {

// Into the root's own links, which lead out of it.
void make_links_of_the_root(const Corpus &corpus) {
    corpus.put("install", "through-absolute-link", "f 644 opt/app/tool x\nf 4755 opt/canary x\n");
    corpus.put("install", "through-relative-link", "d 755 usr/share\nf 644 usr/share/canary x\nd 700 usr/share/deep\n");
    corpus.put("install", "over-link-to-file", "f 600 etc/passwd root::0:0\nx user.a b\nu 12 13\n");
    corpus.put("install", "over-dangling-link", "f 644 srv/new created\n");
    corpus.put("install", "over-link-to-folder", "d 777 var/log\nu 5 6\nt 7\nx user.a b\nf 644 var/log/canary x\n");
    corpus.put("install", "link-within", "f 644 usr/lib64/x through a link that stays inside\n");
    corpus.put("install", "kept", "o k\nf 644 opt x\nf 644 usr/bin/tool x\nf 644 usr/share x\n");
    corpus.put("install", "refused", "o r\nf 644 usr/bin/tool x\n");
    corpus.put("install", "prefix",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\"},\"installation\":"
               "{\"relocatable\":true}}\np opt/app\nf 644 x y\n");
    corpus.put("install", "prefix-parent", "p ../outside\nf 644 canary x\n");
}

// Through links that a package brought.
void make_links_of_packages(const Corpus &corpus) {
    corpus.put("install", "own-link", "l a @\nf 644 a/canary x\n");
    corpus.put("install", "earlier-link", "l srv/a @\n=\nf 644 srv/a/canary x\n");
    corpus.put("install", "folder-becomes-link",
               "d 755 srv/a\nf 644 srv/a/canary x\n=\nl srv/a ../../outside\n=\nd 700 srv/a\nf 600 srv/a/canary y\n");
    corpus.put("install", "file-becomes-link", "f 644 srv/f x\nx user.a b\n=\nl srv/f @/canary\n=\nf 4711 srv/f z\n");
    corpus.put("install", "other-package",
               "l srv/a @\n=\nm {\"package_info\":{\"name\":\"q\",\"version\":\"1\"}}\nd 755 srv/a\nf 644 srv/a/x y\n");
    corpus.put("install", "hard-link-to-link", "l srv/a @/canary\nh srv/b srv/a\n");
    corpus.put("install", "hard-links", "f 644 srv/a x\nu 1 2\nt 99\nh srv/b srv/a\n=\nf 600 srv/a x\n");
    corpus.put("install", "hard-link-out", "h srv/b @/canary\nh srv/c ../outside/canary\n");
}

void make_paths(const Corpus &corpus) {
    corpus.put("install", "parent", "f 644 ../outside/canary x\nf 644 usr/../../outside/new x\n");
    corpus.put("install", "absolute", "f 644 @/canary x\nf 644 content/files/@/canary x\n");
    corpus.put("install", "engine", "l var/lib/multios @\nf 644 .multios-stage/x y\nf 644 etc/multios/trust/x.pub k\n");
    corpus.put("install", "stage-link", "l .multios-stage @\n");
    corpus.put("install", "above-engine", "l var @\n");
    corpus.put("install", "odd", "f 644 . x\nf 644 a//b x\nf 644 a/./b x\nd 755 usr/bin/tool\nf 644 usr x\n");
    corpus.put("install", "sections",
               "f 644 content/configs/etc/x y\nf 644 content/patches/x y\nf 755 content/scripts/"
               "post-install x\nf 644 dependencies/x.mos y\nf 644 metadata/extra x\n");
    corpus.put("install", "twice", "f 644 a x\nf 644 a y\n");
    corpus.put("install", "unsorted", "o u\nf 644 srv/b x\nf 644 srv/a y\n");
}

void make_entries(const Corpus &corpus) {
    corpus.put("install", "ordinary",
               "d 755 usr/bin\nf 755 usr/bin/tool #!/bin/sh\nt 1600000000\nf 755 usr/bin/new x\n"
               "l usr/bin/alias new\nf 644 etc/settings.conf theirs\n=\n"
               "f 755 usr/bin/new y\nf 644 etc/settings.conf newer\n");
    corpus.put("install", "attributes", "f 6777 srv/a x\nx user.a b\nx security.capability \1\0\0\2\nx user.b \n");
    corpus.put("install", "other-attributes",
               "f 644 srv/a x\nx trusted.overlay.opaque y\nx system.posix_acl_access z\n");
    corpus.put("install", "sizes",
               "f 644 srv/a abc\ns 2\nf 644 srv/b abc\ns 4096\nf 644 srv/c \ns 18446744073709551615\n");
    corpus.put("install", "extents",
               "f 644 srv/a abc\ne 0 1 0\nf 644 srv/b abc\ne 1 2 0\nf 644 srv/c abc\ne 9 1 9999\n");
    corpus.put("install", "times", "f 644 srv/a x\nt -1\nf 644 srv/b x\nt 9223372036854775807\n");
    corpus.put("install", "raw-line-outside",
               "d 755 srv\ni {\"path\":\"content/x\",\"type\":\"directory\",\"mode\":\"0755\",\"owner\":0,\"group\":0,"
               "\"modified\":0}\n");
    corpus.put("install", "metadata", "f 644 metadata/a x\n");
    std::string attributes = "f 644 srv/a x\n";
    for (unsigned i = 100; i < 170; ++i)
        attributes += "x user." + std::to_string(i) + " a\n";
    corpus.put("install", "many-attributes", attributes);
    corpus.put("install", "raw-line", "f 644 srv/a x\ni {\"path\":\"content/files/../x\"}\n");
    corpus.put("install", "owners", "d 1777 srv/kept\nu 4294967295 0\nf 644 srv/kept/data x\nu 1000 1000\n");
}

void make_manifests(const Corpus &corpus) {
    corpus.put("install", "data",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\"},\"data\":{\"paths\":"
               "[\"srv/kept\",\"opt\"]}}\nf 644 srv/x y\n");
    corpus.put("install", "template",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\"}}\no n\n"
               "f 644 content/configs/etc/x hello {{ name }}\n");
    corpus.put("install", "configuration",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\"},\"configuration\":"
               "{\"files\":[\"srv/kept/data\"]}}\nf 644 srv/kept/data theirs\n");
    corpus.put("install", "service",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\",\"type\":\"service\"},"
               "\"service\":{\"units\":[\"x.service\"]}}\nf 644 usr/lib/systemd/system/x.service u\n");
    corpus.put("install", "script-outputs",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\"},\"scripts\":"
               "{\"outputs\":[\"opt/canary\"]}}\nf 755 content/scripts/pre-install x\n");
    corpus.put("install", "unit-found",
               "m {\"package_info\":{\"name\":\"p\",\"version\":\"1\",\"type\":\"service\"}}\n"
               "f 644 usr/lib/systemd/system/x.service u\nf 644 etc/systemd/system/y z\n");
    corpus.put("install", "remove-scripts",
               "f 755 content/scripts/pre-remove x\nf 755 content/scripts/post-remove y\n");
    corpus.put("install", "scripts-twice",
               "f 755 content/scripts/pre-remove x\nf 755 content/scripts/pre-remove.sh y\n");
    corpus.put("install", "template-link", "o n\nl content/configs/etc/x @\n");
    corpus.put("install", "template-unknown", "o n\nf 644 content/configs/etc/x {{ other }}\n");
    corpus.put("install", "no-manifest", "m {\nf 644 srv/a x\n");
}

}  // namespace

void make_install_inputs(const Corpus &corpus) {
    make_links_of_the_root(corpus);
    make_links_of_packages(corpus);
    make_paths(corpus);
    make_entries(corpus);
    make_manifests(corpus);
}

}  // namespace mos::fuzz
