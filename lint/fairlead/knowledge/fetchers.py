"""Programs that fetch something their words name: version managers, package managers of single languages, model and data stores.

Sources: the command line references of the programs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal[
    "at", "dash", "equals", "colon", "semicolon", "next", "option", "self", "dot", "slash", "third", "none", "call"
]


@dataclass(frozen=True)
class Fetcher:
    """A command that fetches what its operands name.

    Attributes:
        program: the program.
        subcommand: its first operands, or the option that makes it fetch; "" for none.
        kind: the kind of input.
        style: where the version stands: behind `@`, behind `-`, behind `=`, behind `:`, behind `;`, in the next operand, in an option, or the
            operand is the version (`self`); `dot` is opam's `name.1.2`, `slash` Conan's `name/1.2@`, `third` Elasticsearch's
            `owner/name/1.2`; `call`: the program knows what it fetches, and the
            operands choose of it.
        several: whether each operand is one thing; else only the first.
        skips: how many operands come before them.
        option: the options that give a version.
        valued: options with a value.
        prefix: the operands that count begin so; "" for all.
        default: what is fetched without operands, "" for nothing.
        note: what it is a version of, where the operand does not say so.
    """

    program: str
    subcommand: str
    kind: Literal["package", "tool", "data", "repository", "upgrade"]
    style: Style
    several: bool = True
    option: tuple[str, ...] = ()
    valued: frozenset[str] = frozenset()
    default: str = ""
    note: str = ""
    skips: int = 0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PIP = _words(
    "-r --requirement -c --constraint -w --wheel-dir -d --dest -i --index-url --extra-index-url -f --find-links --platform "
    "--python-version --implementation --abi --no-binary --only-binary --progress-bar --cache-dir --trusted-host -e --editable "
    "--src --config-settings -C --global-option --build-option --timeout --retries"
)
_CABAL = _words(
    "--installdir --install-method -j --jobs --overwrite-policy -w --with-compiler --prefix --bindir --constraint"
)
_NPX = _words("-p --package -c --call -w --workspace --registry --cache --userconfig --prefix")

_HELM = _words(
    "--version -d --destination --untardir --repo --username --password --ca-file --cert-file --key-file -f --values --set "
    "-n --namespace --output-dir"
)

FETCHERS: tuple[Fetcher, ...] = (
    # packages
    Fetcher("apt-get", "download", "package", "equals"),
    Fetcher("apt-get", "source", "package", "equals", valued=_words("-t --target-release -P --build-profiles")),
    Fetcher("apt", "download", "package", "equals"),
    Fetcher("apt", "source", "package", "equals", valued=_words("-t --target-release -P --build-profiles")),
    Fetcher("xx-apt-get", "install", "package", "equals", valued=_words("-t --target-release -o --option")),
    Fetcher("xx-apt", "install", "package", "equals", valued=_words("-t --target-release -o --option")),
    Fetcher("xx-apk", "add", "package", "equals", valued=_words("-t --virtual -X --repository")),
    Fetcher("pip", "download", "package", "at", valued=_PIP),
    Fetcher("pip", "wheel", "package", "at", valued=_PIP),
    Fetcher("pip3", "download", "package", "at", valued=_PIP),
    Fetcher("pip3", "wheel", "package", "at", valued=_PIP),
    Fetcher("poetry", "add", "package", "at", valued=_words("-G --group -E --extras --source --python --platform")),
    Fetcher("cargo", "add", "package", "at", valued=_words("-F --features --manifest-path -p --package --rename")),
    Fetcher("meson", "wrap install", "package", "none"),
    Fetcher("rosdep", "install", "package", "call", default="dependencies",
            valued=_words("--from-paths --rosdistro --skip-keys -t --dependency-types --os")),
    Fetcher("cabal", "install", "package", "dash", valued=_CABAL),
    Fetcher("cabal", "v2-install", "package", "dash", valued=_CABAL),
    Fetcher("pecl", "install", "package", "dash", valued=_words("-D --configureoptions")),
    Fetcher("pear", "install", "package", "dash"),
    Fetcher("install-php-extensions", "", "package", "dash"),
    Fetcher("cpanm", "", "package", "at", valued=_words("-l -L --mirror --local-lib -M --from")),
    Fetcher("cpan", "", "package", "none", valued=_words("-M -j")),
    Fetcher("cpm", "install", "package", "at", valued=_words("-w -L")),
    Fetcher("luarocks", "install", "package", "next", several=False, valued=_words("--server --tree --only-server --lua-version")),
    Fetcher("opam", "install", "package", "dot", valued=_words("-j --jobs --switch")),
    Fetcher("tlmgr", "install", "package", "none", valued=_words("--repository -repository")),
    Fetcher("install2.r", "", "package", "none", valued=_words("-n --ncpus -l --libloc -r --repos -d --deps -s")),
    Fetcher("install.r", "", "package", "none", valued=_words("-l -r")),
    Fetcher("installGithub.r", "", "package", "at", valued=_words("-d -l")),
    Fetcher("nuget", "install", "package", "option", several=False, option=("-Version", "-version"),
            valued=_words("-Version -version -OutputDirectory -Source -ConfigFile -o")),
    Fetcher("dotnet", "tool install", "package", "option", several=False, option=("--version",),
            valued=_words("--version --tool-path --add-source --configfile --framework -v --verbosity --arch -a --source --tool-manifest")),
    Fetcher("dotnet", "tool update", "package", "option", several=False, option=("--version",),
            valued=_words("--version --tool-path --add-source --configfile --framework -v --verbosity --arch -a")),
    Fetcher("dotnet", "add package", "package", "option", several=False, option=("--version", "-v"), valued=_words("--version -v -s --source -f")),
    Fetcher("dotnet", "workload install", "package", "none", valued=_words("--version --source --configfile --temp-dir -v --verbosity")),
    Fetcher("choco", "install", "package", "option", option=("--version",),
            valued=_words("--version -version -s --source --params --ia --install-arguments --package-parameters --allow-downgrade")),
    Fetcher("brew", "install", "package", "at", valued=_words("--appdir")),
    Fetcher("emerge", "", "package", "none", valued=_words("--jobs -j --load-average --with-bdeps --autounmask")),
    Fetcher("xbps-install", "", "package", "none", valued=_words("-R --repository -r --rootdir -c -C")),
    Fetcher("opkg", "install", "package", "none"),
    Fetcher("swupd", "bundle-add", "package", "none"),
    Fetcher("urpmi", "", "package", "none"),
    # scripts that base images and projects have for it
    Fetcher("install_packages", "", "package", "none"),
    Fetcher("install-packages", "", "package", "none"),
    Fetcher("clean-install", "", "package", "none"),
    Fetcher("apt-install", "", "package", "none"),
    Fetcher("apk-install", "", "package", "none"),
    Fetcher("yum-install", "", "package", "none"),
    Fetcher("upgrade-packages", "", "upgrade", "none", default="upgrade-packages"),
    Fetcher("apt-fast", "install", "package", "none"),
    Fetcher("pecl", "bundle", "package", "dash", valued=_words("-d --destination")),
    Fetcher("plugin", "install", "package", "third"),
    Fetcher("plugin", "--install", "package", "third"),
    Fetcher("plugin", "-i", "package", "third"),
    Fetcher("packer", "plugins install", "package", "next", several=False, valued=_words("-path --path")),
    Fetcher("mim", "install", "package", "at"),
    Fetcher("gem", "fetch", "package", "option", option=("-v", "--version"), valued=_words("-v --version -s --source --platform")),
    Fetcher("xx-go", "install", "package", "at", valued=_words("-ldflags -tags -gcflags -mod")),
    Fetcher("ros", "install", "tool", "slash"),
    Fetcher("bower", "update", "upgrade", "call", default="update"),
    Fetcher("apt-fast", "upgrade", "upgrade", "call", default="upgrade"),
    Fetcher("apt-fast", "dist-upgrade", "upgrade", "call", default="dist-upgrade"),
    Fetcher("gcloud", "components update", "upgrade", "call", default="components update"),
    Fetcher("logstash-plugin", "update", "upgrade", "call", default="update"),
    Fetcher("easy_install", "", "package", "at", valued=_words("-d --install-dir -i --index-url -f --find-links")),
    Fetcher("easy_install3", "", "package", "at", valued=_words("-d --install-dir -i --index-url -f --find-links")),
    Fetcher("pipx", "inject", "package", "at", skips=1, valued=_words("--pip-args -i --index-url")),
    Fetcher("poetry", "self add", "package", "at"),
    Fetcher("pixi", "global install", "package", "equals", valued=_words("-c --channel -p --platform -e --environment --expose")),
    Fetcher("pixi", "add", "package", "equals", valued=_words("-p --platform -f --feature --manifest-path")),
    Fetcher("installBioc.r", "", "package", "none", valued=_words("-n --ncpus -l --libloc")),
    Fetcher("pickle", "install", "package", "at"),
    Fetcher("pie", "install", "package", "colon"),
    Fetcher("haxelib", "install", "package", "next", several=False),
    Fetcher("dart", "pub global activate", "package", "next", several=False, valued=_words("-s --source -u --hosted-url")),
    Fetcher("flutter", "pub global activate", "package", "next", several=False, valued=_words("-s --source -u --hosted-url")),
    Fetcher("spack", "install", "package", "at", valued=_words("-j --jobs")),
    Fetcher("guix", "install", "package", "at"),
    Fetcher("winetricks", "", "package", "none"),
    Fetcher("cs", "install", "package", "colon", valued=_words("--dir --install-dir")),
    Fetcher("coursier", "install", "package", "colon", valued=_words("--dir --install-dir")),
    Fetcher("playwright", "install-deps", "package", "none", default="system libraries"),
    Fetcher("helm", "pull", "package", "option", several=False, option=("--version",), valued=_HELM),
    Fetcher("helm", "fetch", "package", "option", several=False, option=("--version",), valued=_HELM),
    Fetcher("helm", "template", "package", "option", option=("--version",), valued=_HELM),
    Fetcher("npm", "update", "upgrade", "call", default="update", valued=_words("--prefix --registry")),
    Fetcher("pnpm", "update", "upgrade", "call", default="update", valued=_words("-C --dir --filter")),
    Fetcher("yarn", "upgrade", "upgrade", "call", default="upgrade"),
    Fetcher("cargo", "update", "upgrade", "call", default="update", option=("--precise",), valued=_words("-p --package --precise --manifest-path")),
    Fetcher("bundle", "update", "upgrade", "call", default="update"),
    Fetcher("poetry", "update", "upgrade", "call", default="update"),
    Fetcher("ansible-galaxy", "install", "package", "colon", valued=_words("-r -p --roles-path -s --server")),
    Fetcher("ansible-galaxy", "collection install", "package", "colon", valued=_words("-r -p --requirements-file -s")),
    Fetcher("ansible-galaxy", "role install", "package", "colon", valued=_words("-r -p")),
    Fetcher("gcloud", "components install", "package", "none"),
    Fetcher("az", "extension add", "package", "option", several=False, option=("--version",), valued=_words("--name -n --version --source")),
    Fetcher("code-server", "--install-extension", "package", "at"),
    Fetcher("jupyter", "labextension install", "package", "at"),
    Fetcher("bower", "install", "package", "none"),
    Fetcher("elasticsearch-plugin", "install", "package", "none"),
    Fetcher("opensearch-plugin", "install", "package", "none"),
    Fetcher("kibana-plugin", "install", "package", "none"),
    Fetcher("logstash-plugin", "install", "package", "option", option=("--version",), valued=_words("--version")),
    Fetcher("grafana-cli", "plugins install", "package", "next", several=False, valued=_words("--pluginsDir --pluginUrl --repo")),
    Fetcher("confluent-hub", "install", "package", "colon", valued=_words("--component-dir --worker-configs")),
    Fetcher("jenkins-plugin-cli", "", "package", "colon", valued=_words("-f --plugin-file -d --plugin-download-directory --war")),
    Fetcher("vagrant", "plugin install", "package", "option", option=("--plugin-version",), valued=_words("--plugin-version --plugin-source")),
    Fetcher("wp", "plugin install", "package", "option", option=("--version",), valued=_words("--version --path")),
    Fetcher("wp", "theme install", "package", "option", option=("--version",), valued=_words("--version --path")),
    Fetcher("asdf", "plugin-add", "tool", "next", several=False, note="asdf plugin"),
    Fetcher("asdf", "plugin add", "tool", "next", several=False, note="asdf plugin"),
    Fetcher("ghcup", "install", "tool", "next", several=False),
    Fetcher("blackfire", "php:install", "tool", "call", default="probe"),
    Fetcher("flutter", "precache", "tool", "call", default="artifacts"),
    Fetcher("flatpak", "install", "package", "none"),
    Fetcher("snap", "install", "package", "option", option=("--revision",), valued=_words("--revision --channel")),
    Fetcher("conan", "install", "package", "slash", valued=_words("-s -o -pr --profile --build -if -of --requires -b")),
    Fetcher("vcpkg", "install", "package", "none", valued=_words("--triplet --overlay-ports --x-install-root")),
    Fetcher("raco", "pkg install", "package", "none"),
    Fetcher("nimble", "install", "package", "at"),
    Fetcher("shards", "install", "package", "none"),
    Fetcher("mix", "local.hex", "tool", "none", default="hex"),
    Fetcher("mix", "local.rebar", "tool", "none", default="rebar"),
    Fetcher("mix", "archive.install", "package", "next", several=False),
    Fetcher("npx", "", "package", "at", several=False, valued=_NPX),
    Fetcher("bunx", "", "package", "at", several=False, valued=_NPX),
    Fetcher("uvx", "", "package", "at", several=False, valued=_words("--from --with --python -p --index-url --index --extra-index-url")),
    Fetcher("pnpx", "", "package", "at", several=False, valued=_NPX),
    Fetcher("npm", "exec", "package", "at", several=False, valued=_NPX),
    Fetcher("npm", "create", "package", "at", several=False),
    Fetcher("npm", "init", "package", "at", several=False),
    Fetcher("pnpm", "dlx", "package", "at", several=False, valued=_NPX),
    Fetcher("yarn", "dlx", "package", "at", several=False, valued=_NPX),
    Fetcher("uv", "tool run", "package", "at", several=False, valued=_words("--from --with --python -p")),
    Fetcher("pipx", "run", "package", "at", several=False, valued=_words("--spec --python")),
    # tools: versions of languages, toolchains and programs
    Fetcher("nvm", "install", "tool", "self", several=False, note="node", default="node"),
    Fetcher("fnm", "install", "tool", "self", several=False, note="node"),
    Fetcher("n", "", "tool", "self", several=False, note="node"),
    Fetcher("volta", "install", "tool", "at"),
    Fetcher("pyenv", "install", "tool", "self", note="python"),
    Fetcher("rbenv", "install", "tool", "self", note="ruby"),
    Fetcher("rvm", "install", "tool", "self", several=False, note="ruby"),
    Fetcher("ruby-install", "", "tool", "next", several=False, valued=_words("-i -j -s")),
    Fetcher("ruby-build", "", "tool", "self", several=False, note="ruby"),
    Fetcher("rustup", "override set", "tool", "self", several=False, note="rust", valued=_words("--path")),
    Fetcher("goenv", "install", "tool", "self", note="go"),
    Fetcher("tfenv", "install", "tool", "self", note="terraform"),
    Fetcher("asdf", "install", "tool", "next", several=False),
    Fetcher("mise", "install", "tool", "at"),
    Fetcher("mise", "use", "tool", "at"),
    Fetcher("sdk", "install", "tool", "next", several=False),
    Fetcher("uv", "python install", "tool", "self", note="python", valued=_words("--install-dir -i --mirror")),
    Fetcher("rustup", "toolchain install", "tool", "self", note="rust", valued=_words("--profile -c --component -t --target")),
    Fetcher("rustup", "install", "tool", "self", note="rust", valued=_words("--profile")),
    Fetcher("rustup", "default", "tool", "self", several=False, note="rust"),
    Fetcher("rustup", "update", "tool", "self", note="rust", default="stable"),
    Fetcher("rustup", "target add", "tool", "none", valued=_words("--toolchain"), note="rust target"),
    Fetcher("rustup", "component add", "tool", "none", valued=_words("--toolchain --target"), note="rust component"),
    Fetcher("nodenv", "install", "tool", "self", note="node"),
    Fetcher("plenv", "install", "tool", "self", note="perl", valued=_words("--as -D -A -U")),
    Fetcher("perlbrew", "install", "tool", "dash", valued=_words("--as -j")),
    Fetcher("phpenv", "install", "tool", "self", note="php"),
    Fetcher("phpbrew", "install", "tool", "self", several=False, note="php"),
    Fetcher("gvm", "install", "tool", "self", several=False, note="go", valued=_words("-s --source -n --name")),
    Fetcher("gimme", "", "tool", "self", note="go"),
    Fetcher("fvm", "install", "tool", "self", note="flutter"),
    Fetcher("tgenv", "install", "tool", "self", note="terragrunt"),
    Fetcher("tofuenv", "install", "tool", "self", note="opentofu"),
    Fetcher("tfswitch", "", "tool", "self", note="terraform", valued=_words("-b --bin -c --chdir")),
    Fetcher("proto", "install", "tool", "next", several=False),
    Fetcher("arkade", "get", "tool", "at", valued=_words("--path --arch --os")),
    Fetcher("eget", "", "tool", "option", several=False, option=("--tag", "-t"), valued=_words("--tag -t --to -a --asset -s --system -f --file")),
    Fetcher("opam", "switch create", "tool", "self", several=False, note="ocaml", valued=_words("--packages --repositories -j --jobs")),
    Fetcher("opam", "init", "repository", "none", several=False, default="opam.ocaml.org", valued=_words("-c --compiler -j --jobs")),
    Fetcher("composer", "self-update", "tool", "self", several=False, note="composer", default="composer"),
    Fetcher("krew", "install", "tool", "none"),
    Fetcher("corepack", "prepare", "tool", "at"),
    Fetcher("corepack", "install", "tool", "at", valued=_words("-g")),
    Fetcher("corepack", "use", "tool", "at"),
    Fetcher("playwright", "install", "tool", "none", default="browsers"),
    Fetcher("puppeteer", "browsers install", "tool", "at"),
    Fetcher("cypress", "install", "tool", "none", default="cypress"),
    Fetcher("helm", "plugin install", "tool", "option", several=False, option=("--version",), valued=_words("--version")),
    Fetcher("kubectl", "krew install", "tool", "none"),
    Fetcher("gh", "extension install", "tool", "option", several=False, option=("--pin",), valued=_words("--pin")),
    Fetcher("sdkmanager", "", "tool", "semicolon", valued=_words("--channel --sdk_root")),
    Fetcher("setup-envtest", "use", "tool", "self", note="envtest", valued=_words("--bin-dir -p")),
    Fetcher("yarn", "set version", "tool", "self", several=False, note="yarn"),
    Fetcher("yarn", "policies set-version", "tool", "self", several=False, note="yarn"),
    Fetcher("flutter", "upgrade", "upgrade", "call", default="the newest Flutter"),
    # repositories
    Fetcher("dnf", "copr enable", "repository", "none", several=False),
    Fetcher("yum", "copr enable", "repository", "none", several=False),
    Fetcher("helm", "repo add", "repository", "none", several=False, valued=_words("--username --password --ca-file")),
    Fetcher("cachix", "use", "repository", "none", several=False, valued=_words("-m --mode -O --output-directory")),
    Fetcher("pear", "channel-discover", "repository", "none"),
    Fetcher("conan", "remote add", "repository", "none", several=False, valued=_words("--insert --index")),
    Fetcher("opam", "repository add", "repository", "none", several=False, valued=_words("--rank")),
    Fetcher("opam", "repo add", "repository", "none", several=False, valued=_words("--rank")),
    # models and data
    Fetcher("huggingface-cli", "download", "data", "option", several=False, option=("--revision",),
            valued=_words("--revision --repo-type --local-dir --cache-dir --include --exclude --token --max-workers --local-dir-use-symlinks")),
    Fetcher("hf", "download", "data", "option", several=False, option=("--revision",),
            valued=_words("--revision --repo-type --local-dir --cache-dir --include --exclude --token --max-workers --type")),
    Fetcher("spacy", "download", "data", "none", several=False, note="spaCy model"),
    Fetcher("nltk.downloader", "", "data", "none", valued=_words("-d -u"), note="NLTK data"),
    Fetcher("ollama", "pull", "data", "colon", several=False),
    Fetcher("kaggle", "datasets download", "data", "none", several=False, valued=_words("-d --dataset -p --path -f --file")),
    Fetcher("kaggle", "competitions download", "data", "none", several=False, valued=_words("-c -p --path -f --file")),
    Fetcher("kaggle", "models instances versions download", "data", "none", several=False, valued=_words("-p")),
    Fetcher("gdown", "", "data", "none", several=False, valued=_words("-O --output --id")),
    Fetcher("dvc", "pull", "data", "none", several=False, default="dvc pull", valued=_words("-r --remote -j")),
    Fetcher("argospm", "install", "data", "none"),
    # data that a program has of its own: databases, taxonomies, rules, virus signatures
    Fetcher("datasets", "download", "data", "call", valued=_words("--filename --include --api-key --assembly-source --chromosomes")),
    Fetcher("prefetch", "", "data", "call", valued=_words("-O --output-directory -o --output-file -X --max-size -T --type")),
    Fetcher("fasterq-dump", "", "data", "call", valued=_words("-O --outdir -o --outfile -e --threads -t --temp")),
    Fetcher("amrfinder", "-u", "data", "call", default="database"),
    Fetcher("amrfinder", "-U", "data", "call", default="database"),
    Fetcher("amrfinder", "--update", "data", "call", default="database"),
    Fetcher("amrfinder", "--force_update", "data", "call", default="database"),
    Fetcher("amrfinder_update", "", "data", "call", default="database", valued=_words("-d --database")),
    Fetcher("abricate-get_db", "", "data", "call", default="database", valued=_words("--dbdir")),
    Fetcher("bakta_db", "download", "data", "call", default="database", valued=_words("--output -o --type -t")),
    Fetcher("checkm2", "database", "data", "call", default="database", valued=_words("--path")),
    Fetcher("busco", "--download", "data", "call"),
    Fetcher("freyja", "update", "data", "call", default="data", valued=_words("--outdir --pathogen")),
    Fetcher("pangolin", "--update", "data", "call", default="data"),
    Fetcher("pangolin", "--update-data", "data", "call", default="data"),
    Fetcher("pangolin", "--add-assignment-cache", "data", "call", default="data"),
    Fetcher("nextclade", "dataset get", "data", "call", default="data set", option=("--tag", "-t"),
            valued=_words("-n --name -o --output-dir -t --tag -z --output-zip -r --reference")),
    Fetcher("tb-profiler", "update_tbdb", "data", "call", default="database", option=("--commit", "-c"), valued=_words("-c --commit -b --branch -p --prefix --match_ref")),
    Fetcher("staramr", "db build", "data", "call", default="databases", valued=_words("-d --dir --resfinder-commit --pointfinder-commit --plasmidfinder-commit")),
    Fetcher("staramr", "db update", "data", "call", default="databases", valued=_words("-d --dir --resfinder-commit --pointfinder-commit --plasmidfinder-commit")),
    Fetcher("genomad", "download-database", "data", "call", default="database"),
    Fetcher("mykrobe", "panels update_metadata", "data", "call", default="panels", valued=_words("--panels_dir")),
    Fetcher("mykrobe", "panels update_species", "data", "call", default="panels", valued=_words("--panels_dir")),
    Fetcher("dorado", "download", "data", "call", default="models", valued=_words("--directory --models-directory")),
    Fetcher("artic_get_models", "", "data", "call", default="models", valued=_words("--model-dir")),
    Fetcher("plassembler", "download", "data", "call", default="database", valued=_words("-d --database")),
    Fetcher("pgv-download", "", "data", "call", valued=_words("-o --outdir")),
    Fetcher("pgv-download-dataset", "", "data", "call", valued=_words("-o --outdir")),
    Fetcher("claMLST", "import", "data", "call"),
    Fetcher("wgMLST", "import", "data", "call"),
    Fetcher("mlst-download_pub_mlst", "", "data", "call", default="schemes", valued=_words("-d -j -x")),
    Fetcher("kraken2-build", "--download-library", "data", "call", default="library", valued=_words("--db --threads")),
    Fetcher("kraken2-build", "--download-taxonomy", "data", "call", default="taxonomy", valued=_words("--db --threads")),
    Fetcher("kraken2-build", "--standard", "data", "call", default="database", valued=_words("--db --threads")),
    Fetcher("snpEff", "download", "data", "call", valued=_words("-c -config -dataDir")),
    Fetcher("ariba", "getref", "data", "call"),
    Fetcher("mob_init", "", "data", "call", default="databases", valued=_words("-d --database_directory")),
    Fetcher("ktUpdateTaxonomy.sh", "", "data", "call", default="taxonomy"),
    Fetcher("freshclam", "", "data", "call", default="virus signatures", valued=_words("--config-file --datadir --log -l -u --user")),
    Fetcher("geoipupdate", "", "data", "call", default="databases", valued=_words("-f --config-file -d --database-directory")),
    Fetcher("trivy", "--download-db-only", "data", "call", default="database", valued=_words("--cache-dir --db-repository")),
    Fetcher("grype", "db update", "data", "call", default="database"),
    Fetcher("nuclei", "-update-templates", "data", "call", default="templates"),
    Fetcher("nuclei", "-ut", "data", "call", default="templates"),
    Fetcher("tldextract", "--update", "data", "call", default="suffix list"),
    Fetcher("download-mibs", "", "data", "call", default="MIBs"),
    Fetcher("flashinfer", "download-cubin", "data", "call", default="kernels"),
    Fetcher("textblob.download_corpora", "", "data", "call", default="corpora"),
    Fetcher("stanza.download", "", "data", "call"),
    Fetcher("camoufox", "fetch", "data", "call", default="browser"),
    Fetcher("unidic", "download", "data", "call", default="dictionary"),
    Fetcher("rosdep", "init", "data", "call", default="sources list"),
    Fetcher("rosdep", "update", "data", "call", default="index", valued=_words("--rosdistro")),
    Fetcher("colcon", "mixin add", "data", "next", several=False),
    Fetcher("colcon", "metadata add", "data", "next", several=False),
    Fetcher("wp", "core download", "data", "call", default="WordPress", option=("--version",), valued=_words("--version --path --locale")),
)  # fmt: skip
"""Every such command."""

BY_PROGRAM: dict[str, tuple[Fetcher, ...]] = {
    program: tuple(fetcher for fetcher in FETCHERS if fetcher.program == program)
    for program in {fetcher.program for fetcher in FETCHERS}
}
"""Program to its commands."""


@dataclass(frozen=True)
class Store:
    """A command that copies objects of a storage service.

    Attributes:
        program: the program.
        subcommand: its first operands.
        remote: an expression for the addresses of the service.
    """

    program: str
    subcommand: str
    remote: str
    valued: frozenset[str] = frozenset()


_AWS = _words(
    "--region --profile --endpoint-url --exclude --include --source-region --request-payer --only-show-errors --sse --page-size"
)
_BLOB = r"https?://[^/]+\.blob\.core\.windows\.net/|https?://[^/]+\.(?:dfs|file)\.core\.windows\.net/"

STORES: tuple[Store, ...] = (
    Store("aws", "s3 cp", r"s3://", _AWS), Store("aws", "s3 sync", r"s3://", _AWS), Store("aws", "s3 mv", r"s3://", _AWS),
    Store("s3cmd", "get", r"s3://"), Store("s3cmd", "sync", r"s3://"), Store("s5cmd", "cp", r"s3://"), Store("s5cmd", "sync", r"s3://"),
    Store("gsutil", "cp", r"gs://"), Store("gsutil", "rsync", r"gs://"),
    Store("gcloud", "storage cp", r"gs://"), Store("gcloud", "storage rsync", r"gs://"),
    Store("azcopy", "copy", _BLOB), Store("azcopy", "cp", _BLOB), Store("azcopy", "sync", _BLOB),
    Store("rclone", "copy", r"[\w-]+:(?!\\)"), Store("rclone", "copyto", r"[\w-]+:(?!\\)"), Store("rclone", "sync", r"[\w-]+:(?!\\)"),
    Store("mc", "cp", r"[\w-]+/[\w-]+/"), Store("oras", "pull", r"[\w.-]+/"),
    Store("crane", "pull", r"[\w./-]+"), Store("crane", "export", r"[\w./-]+"), Store("skopeo", "copy", r"docker://"),
    Store("rsync", "", r"rsync://|[\w.-]+::|[\w.-]+@[\w.-]+:"), Store("scp", "", r"[\w.-]+@[\w.-]+:"),
    Store("aria2c", "", r"https?://|ftp://"), Store("axel", "", r"https?://|ftp://"), Store("http", "", r"https?://"), Store("lftp", "", r"https?://|ftp://"),
    Store("fetch", "", r"https?://|ftp://"), Store("lwp-download", "", r"https?://"), Store("lynx", "", r"https?://"),
)  # fmt: skip
"""Every such command; a source that matches is an input."""

STORES_BY_PROGRAM: dict[str, tuple[Store, ...]] = {
    program: tuple(store for store in STORES if store.program == program)
    for program in {store.program for store in STORES}
}
"""Program to its commands."""

EXACT = frozenset(
    "plugin conan luarocks opam pecl pear cpanm cpm ansible-galaxy nuget choco sdk asdf tfenv rbenv ruby-install vagrant wp grafana-cli "
    "confluent-hub jenkins-plugin-cli logstash-plugin dotnet apt-get apt xx-apt-get xx-apt xx-apk cabal pip pip3 poetry".split()
)
"""Programs for which a version without an operator is one version and no series."""

RUNNERS = {
    "npx": "", "bunx": "", "pnpx": "", "pnpm": "exec", "yarn": "", "bun": "x", "poetry": "run", "uv": "run", "pipenv": "run",
    "pdm": "run", "hatch": "run", "npm": "exec",
}  # fmt: skip
"""Programs that run another one that the project has: the subcommand."""

BROWSERS = {
    "playwright": ("install", "install-deps"),
    "puppeteer": ("browsers install",),
    "@puppeteer/browsers": ("install",),
    "cypress": ("install",),
}
"""Programs of projects that fetch browsers: the subcommands."""

WRAPPERS = frozenset(("gradlew", "mvnw"))
"""Scripts of a project that fetch a build tool and run it."""

RUN_VALUED = _words(
    "--with --with-requirements --with-editable --extra --group --no-group --only-group --python -p --package --project "
    "--directory --env-file --index --index-url --extra-index-url -C -P --config-file"
)
"""Options of `uv run` and the like with a value in the next word."""

NIX_VALUED = _words(
    "-f --file -I --include -p --packages --run --command -c --option --arg --argstr -j --max-jobs --profile -o --out-link "
    "--extra-experimental-features --experimental-features --inputs-from --override-input --system --priority --keep "
    "--cores --builders --substituters --log-format --timeout"
)
"""Options of Nix's programs with a value in the next word."""

EXPORT_VALUED = _words(
    "-o --output --output-file -f --format --extra -E --extras --group -G --only --with --without --only-group --no-group "
    "--package --directory --project -C --no-emit-package --python -p"
)
"""Options of commands that write a requirements file, with a value in the next word."""
