"""Options of common programs that take a value in the next word, from their manuals: curl(1), wget(1), git-clone(1)."""

from __future__ import annotations

CURL_VALUED = frozenset(
    (
        "-o --output -d --data --data-raw --data-binary -H --header -u --user -A --user-agent -e --referer -x "
        "--proxy -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -X --request -b "
        "--cookie -c --cookie-jar -E --cert --cacert --capath --key -T --upload-file -w --write-out -C "
        "--continue-at -r --range -K --config -F --form --ciphers --url --proto --proto-redir --resolve "
        "--limit-rate --output-dir -Y -y -z --create-file-mode --tls-max --unix-socket --max-redirs --noproxy "
        "--speed-limit --speed-time --data-urlencode --json"
    ).split()
)
"""Options of curl with a value."""

WGET_VALUED = frozenset(
    (
        "-O --output-document -P --directory-prefix -o --output-file -a --append-output -t --tries -T "
        "--timeout -U --user-agent --header --user --password --http-user --http-password -Q -w --wait "
        "--post-data --post-file -i --input-file -e --execute -A --accept -R --reject -D --domains -l --level "
        "--progress --ca-certificate --retry-on-http-error --secure-protocol --dns-timeout --connect-timeout "
        "--read-timeout --max-redirect --limit-rate --base -B --cut-dirs --load-cookies --certificate "
        "--private-key --referer --method"
    ).split()
)
"""Options of wget with a value."""

GIT_CLONE_VALUED = frozenset(
    (
        "-b --branch --depth -o --origin -u --upload-pack --reference --separate-git-dir -j --jobs --filter "
        "-c --config --shallow-since --shallow-exclude --template --bundle-uri --revision --reference-if-able --server-option"
    ).split()
)
"""Options of git clone with a value."""

FETCHING = frozenset(
    "git curl wget tar unzip 7z 7za gzip gunzip bunzip2 xz unxz zstd base64 cp mv mkdir rm chmod chown ln install touch cd pwd ls "
    "cat echo printf test [ true set export find sed grep head tail tr cut sleep sha1sum sha256sum sha512sum md5sum".split()
)
"""Programs that fetch, unpack and move files, and those beside them in a script: what they make is the same in any image."""

FETCHING_PACKAGES = frozenset(
    "bash bzip2 ca-certificates coreutils curl file git git-core git-lfs gnupg gzip jq openssh-client openssl p7zip p7zip-full "
    "sed tar unzip wget xz xz-utils zip zstd".split()
)
"""The packages of distributions that bring them."""

BUILDERS = frozenset(
    (
        "make cmake ninja meson bazel gcc g++ cc c++ clang rustc javac mvn mvnw gradle gradlew sbt tsc webpack msbuild "
        "xcodebuild scons ant"
    ).split()
) | frozenset(
    (
        "go build", "go install", "go test", "cargo build", "cargo install", "cargo test", "npm run", "npm test",
        "yarn build", "yarn run", "pnpm build", "pnpm run", "bun build", "bun run", "dotnet publish", "dotnet build",
        "dotnet test", "swift build", "mix compile", "mix release", "bundle exec", "uv build", "poetry build", "nx build",
        "turbo build", "turbo run", "zig build", "stack build", "cabal build", "lein uberjar",
    )
)  # fmt: skip
"""Programs, or programs with their first word, that compile or bundle: mostly the longest step of a build."""

SELF_CONTAINED = frozenset(
    (
        "docker-php-ext-install docker-php-ext-configure docker-php-ext-enable pecl rustup a2enmod a2dismod a2ensite "
        "setcap fc-cache update-rc.d localedef apt-file install-php-extensions"
    ).split()
) | frozenset(("corepack enable", "corepack prepare", "corepack disable"))
"""Programs, or programs with their first word, that read nothing of a project but what their words name."""

BUILTINS = frozenset(
    (
        ". : [ [[ alias bg break builtin caller case cd chdir command compgen complete continue coproc declare dirs "
        "disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help "
        "history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select "
        "set shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until "
        "wait while { } !"
    ).split()
)
"""What a shell does by itself, without a program: POSIX, bash, dash and busybox."""

SOME_BUSYBOXES = frozenset("addgroup adduser chpasswd delgroup deluser install passwd su".split())
"""Programs that a busybox is made with or without: Alpine's has them, Debian's static one has not."""

READ_ONLY = frozenset(
    (
        "[ [[ test true false : cd pushd popd set export declare local readonly typeset unset read shift shopt trap exit "
        "return break continue wait exec eval . source alias type hash command which whereis sleep pwd id whoami uname "
        "hostname date env printenv nproc arch getconf getent ls stat file du df grep egrep fgrep zgrep rg wc sort uniq cut "
        "tr rev paste join comm diff cmp column fold nl od xxd hexdump strings basename dirname realpath readlink sha1sum "
        "sha224sum sha256sum sha384sum sha512sum md5sum b2sum cksum shasum sum base64 base32 jq yq expr bc factor "
        "apt-cache dpkg-query dpkg-architecture dpkg-deb lsb_release tput clear tty ps kill killall pgrep ulimit nslookup "
        "dig host ping nc lsof free uptime getopts let logger time times sync gpgv ldd nm objdump readelf size scanelf "
        "apk-version apt-config rpm2cpio tree more less numfmt shuf tac expand unexpand pr timeout cal seq yes look gpgconf envsubst"
    ).split()
)
"""Programs and builtins of the shell that write no files, but for what their output is redirected to."""

COMPILERS: dict[str, frozenset[str]] = {
    "go": frozenset(("build", "install")),
    "cargo": frozenset(("build", "install", "rustc")),
    **dict.fromkeys(("mvn", "mvnw"), frozenset(("package", "install", "verify", "compile", "deploy"))),
    **dict.fromkeys(
        ("gradle", "gradlew"), frozenset(("build", "assemble", "jar", "bootJar", "shadowJar", "installDist", "distTar"))
    ),
    "dotnet": frozenset(("build", "publish")),
    "swift": frozenset(("build",)),
    "sbt": frozenset(),
    **dict.fromkeys(("make", "ninja", "gcc", "g++", "cc", "clang", "clang++", "javac", "rustc", "ghc"), frozenset()),
}
"""Programs that compile sources, with the subcommands that do; none where any call does."""

GIT_VALUED = frozenset(("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"))
"""Options of git itself, before the subcommand, with a value in the next word."""

CHECKOUT_VALUED: dict[str, frozenset[str]] = {
    "svn": frozenset(
        ("-r", "--revision", "--depth", "--set-depth", "--username", "--password", "--config-dir", "--config-option")
    ),
    "hg": frozenset(
        (
            "-r",
            "--rev",
            "-u",
            "--updaterev",
            "-b",
            "--branch",
            "-e",
            "--ssh",
            "--remotecmd",
            "-R",
            "--repository",
            "--cwd",
            "--config",
            "--encoding",
        )
    ),
}
"""Options of Subversion and Mercurial with a value in the next word, where they check out; from their help."""

WRITES_IN: dict[str, str] = {
    "update-ca-certificates": "/etc/ssl/certs",
    "update-ca-trust": "/etc/pki/ca-trust/extracted",
    "locale-gen": "/usr/lib/locale",
    "localedef": "/usr/lib/locale",
    "update-locale": "/etc/default",
    "dpkg-reconfigure": "/etc",
    "update-alternatives": "/etc/alternatives",
    "alternatives": "/etc/alternatives",
    **dict.fromkeys(("a2enmod", "a2dismod", "a2ensite", "a2dissite", "a2enconf", "a2disconf"), "/etc/apache2"),
    **dict.fromkeys(("apt-key", "add-apt-repository", "apt-add-repository"), "/etc/apt"),
    "systemctl": "/etc/systemd",
    "update-rc.d": "/etc",
    "fc-cache": "/var/cache/fontconfig",
    "gpg": "~/.gnupg",
    "docker-php-ext-enable": "/usr/local/etc/php/conf.d",
}
"""Programs that write in one directory, with links and small files elsewhere, from their manuals."""
