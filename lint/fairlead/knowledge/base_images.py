"""What is known of base images by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WINDOWS = re.compile(
    r"(?:^|[/:._-])(?:nanoserver|windowsservercore|servercore|windows|iis|dotnet/framework)(?:$|[/:._-])"
)
_SMALL = re.compile(r"slim|alpine|musl|distroless|-minimal|ubi-micro|busybox")


def is_windows_image(registry: str, repository: str, tag: str, digest: str = "") -> bool:  # noqa: ARG001 - one signature
    """Whether an image is a Windows image, judging by its name.

    Microsoft's own images say so in the repository (`windows/servercore`, `dotnet/framework/runtime`) or in the tag
    (`8.0-nanoserver-ltsc2022`).
    """
    return _WINDOWS.search(f"{repository}:{tag}".lower()) is not None


# official images whose Dockerfiles say no WORKDIR, down to `FROM scratch`, read in these repositories in 2026:
# AlmaLinux/container-images, alpinelinux/docker-alpine, amazonlinux/container-images, docker-library/busybox,
# CentOS/sig-cloud-instance-images, debuerreotype/docker-debian-artifacts (its image configuration),
# fedora-cloud/docker-brew-fedora, oracle/container-images, rocky-linux/sig-cloud-instance-images,
# tianon/docker-brew-ubuntu-core (the Dockerfile of jammy)
DISTRIBUTIONS = frozenset(
    "almalinux alpine amazonlinux busybox centos debian fedora oraclelinux rockylinux ubuntu".split()
)
"""Images of a distribution, which start a shell in the directory /."""

# and those that are built upon them: docker-library/NAME, adoptium/containers, MariaDB/mariadb-docker,
# nginx/docker-nginx, nodejs/docker-node, rust-lang/docker-rust
_PROGRAMS_AT_THE_ROOT = frozenset(
    "buildpack-deps eclipse-temurin gcc mariadb mongo mysql nginx node openjdk postgres python rabbitmq ruby rust".split()
)
# from docker-library/NAME as well, and from valkey-io/valkey-container
_WORKDIRS = {"golang": "/go", "redis": "/data", "valkey/valkey": "/data", "tomcat": "/usr/local/tomcat"}
# carlossg/docker-maven says none either: its variants upon JDKs whose images were not read
_MAVEN_UPON_OTHERS = re.compile(r"sapmachine|semeru|ibm|graalvm|zulu|liberica|microsoft|sdk|mandrel")
# Red Hat's base images are not built from a public Dockerfile
_UPON_UBI = re.compile(r"(?:^|[-.])ubi")


def working_directory(name: str, tag: str) -> str | None:
    """The directory in which an image's commands run; None where it is not known.

    Args:
        name: the image without default registry and `library/`.
        tag: the tag.
    """
    if "onbuild" in tag or is_windows_image("", name, tag) or _UPON_UBI.search(tag):
        return None
    for mirror in ("mirror.gcr.io/library/", "public.ecr.aws/docker/library/"):
        name = name.removeprefix(mirror)
    if name == "php":
        # docker-library/php: those with a server have one
        return "/var/www/html" if "apache" in tag or "fpm" in tag else "/"
    if name == "maven":
        return None if _MAVEN_UPON_OTHERS.search(tag) else "/"
    return "/" if name in DISTRIBUTIONS | _PROGRAMS_AT_THE_ROOT else _WORKDIRS.get(name)


_DEBIAN = frozenset(
    "buildpack-deps couchdb debian golang gradle haproxy httpd influxdb kong mariadb maven memcached mysql nginx node openjdk "
    "perl php postgres pypy python rabbitmq redis rethinkdb ruby rust solr tomcat wordpress".split()
)
_OF_ANOTHER_SYSTEM = re.compile(
    r"alpine|ubuntu|noble|jammy|focal|bionic|oracle|ubi|almalinux|amazon|al2|fedora|windows|nanoserver|trusty|xenial|ol\d|"
    r"oracular|plucky|questing|resolute"
)


def is_debian(name: str, tag: str) -> bool:
    """Whether an official image is made on Debian, by its name and tag; their tags say so where it is something else."""
    return name in _DEBIAN and _OF_ANOTHER_SYSTEM.search(tag) is None


_OFFICIAL = frozenset(
    "adminer adoptopenjdk aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb "
    "archlinux azul-zulu backdrop bash bonita buildpack-deps busybox caddy cassandra celery centos chronograf "
    "cirros clearlinux clefos clickhouse clojure composer consul convertigo couchbase couchdb crate crux dart "
    "debian django docker drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx erlang "
    "espocrm euleros express-gateway fedora flink fluentd friendica fsharp gazebo gcc geonetwork ghost glassfish "
    "golang gradle groovy haproxy haskell haxe hello-world hipache hitch httpd hylang ibm-semeru-runtimes ibmjava "
    "influxdb iojs irssi java jenkins jetty jobber joomla jruby julia kapacitor kibana kong krakend lightstreamer "
    "liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mono mysql "
    "nats nats-streaming neo4j neurodebian nextcloud nginx nim node notary nuxeo odoo open-liberty openjdk "
    "opensuse oraclelinux orientdb owncloud percona perl photon php php-zendserver phpmyadmin piwik plone "
    "postfixadmin postgres pypy python r-base rabbitmq rails rakudo-star redis redmine registry rethinkdb "
    "rocket.chat rockylinux ros ruby rust sapmachine satosa silverpeas sl solr sonarqube sourcemage spark spiped "
    "storm swift swipl teamspeak telegraf tomcat tomee traefik ubuntu ubuntu-debootstrap ubuntu-upstart unit "
    "varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper".split()
)
# distributions that move on as a whole: an older tag of them no longer finds its packages
_ROLLING = re.compile(
    r"(?:^|/)(?:archlinux|blackarch|kali|manjaro|gentoo|void|artix|endeavouros)[^/]*(?:/|$)|tumbleweed|clearlinux|wolfi|chainguard",
)


def is_official(name: str) -> bool:
    """Whether Docker Hub has, or had, an official image of that name, which has no namespace.

    From the list of official images in November 2026, and the names that have been taken off it. Any other name without
    a namespace is an image of the machine that builds.
    """
    return name in _OFFICIAL


_OF_VENDORS = re.compile(
    r"nvidia/cuda|(?:redhat/)?ubi\d+(?:/ubi)?(?:-minimal|-init)?|rockylinux/rockylinux|almalinux/\S+|centos/centos|"
    r"opensuse/\S+|amazonlinux/amazonlinux"
)


def sets_no_pip_cache(repository: str) -> bool:
    """Whether an image sets PIP_NO_CACHE_DIR: Red Hat's of Python do (sclorg/s2i-python-container).

    Args:
        repository: without the registry.
    """
    return re.fullmatch(r"(?:ubi\d+|rhel\d+|rhscl|centos|centos7|sclorg)/python-\d+\S*", repository) is not None


def keeps_home(repository: str) -> bool:
    """Whether an image is known to set no HOME: an official one, or a distribution's or NVIDIA's own.

    Args:
        repository: without the registry; `library/` before the name of an official image is a mirror's.
    """
    return is_official(repository.rpartition("library/")[2]) or _OF_VENDORS.fullmatch(repository) is not None


def is_rolling(name: str) -> bool:
    """Whether an image is made of a distribution that has no releases, by its name."""
    return _ROLLING.search(name) is not None


# their publishers give them no version: builders of Google Cloud Build and Workstations, previews of Windows
_WITHOUT_VERSIONS = re.compile(
    r"^gcr\.io/cloud-builders/|/cloud-workstations-images/|^mcr\.microsoft\.com/windows(?:/\w+)?-insider$"
)
_RELEASE_IN_NAME = re.compile(
    r"(?:^|[/._-])(?:ubi|rhel|debian|ubuntu|alpine|centos|rocky(?:linux)?|alma(?:linux)?|fedora|sles?|leap|ol|el|photon|"
    r"python|node(?:js)?|php(?:-fpm)?|ruby|perl|go(?:lang)?|rust|(?:open)?jdk|jre|java|dotnet|cuda|postgres(?:ql)?|mysql|"
    r"mariadb|nginx|httpd)[_-]?\d|[a-z_-](?:\d+[._]\d+|\d{4,})[^/]*$"
)


def has_versions(image: str) -> bool:
    """Whether the publisher of an image gives its versions tags, judging by its full name.

    From the registries of Google Cloud Build and of Windows Insider in November 2026: `latest` and digests, or builds
    that are taken away after weeks.
    """
    return _WITHOUT_VERSIONS.search(image) is None


# whose releases have tags of their own, as their pages on Docker Hub and the registries of their own list them
_PUBLISHERS = frozenset(
    "adguard adoptopenjdk aerospike airbyte alpine amazon anchore apache apicurio apify "
    "aquasec archivebox argoproj atlassian azul balenalib bellsoft bioconductor bitnami bitwarden browserless bufbuild caddy "
    "casbin certbot checkmarx cimg circleci cirrusci clickhouse cloudflare cockroachdb codercom condaforge "
    "confluentinc continuumio crazymax curlimages cypress databricksruntime datadog dart denoland dgraph directus docker "
    "dpage drone dunglas eclipse elastic emqx envoyproxy fluent flyway gitea gitlab "
    "goharbor golangci goreleaser gotenberg grafana graphiteapp hadolint hasura hashicorp heroku hivemq homeassistant "
    "huggingface influxdb instrumentisto intel istio itzg jaegertracing jenkins jboss jetbrains jgraph jupyter jupyterhub "
    "jwilder k3s kindest kong koalaman linuxserver liquibase localstack lsiobase mambaorg mattermost "
    "metabase mhart minio mitmproxy mongodb mozilla n8nio neo4j nestybox netdata nginxinc nginxproxy nixos nodered "
    "nvidia ollama openapitools openjdk openpolicyagent openresty opensearchproject opensuse opensearch osixia osrf oven "
    "owasp penpotapp percona phpmyadmin phusion portainer postgis postgrest prestashop prom prometheuscommunity provectuslabs "
    "puppet pytorch rancher rasa rclone redash redhat redis redpandadata renovate rocker rockylinux rocketchat rstudio "
    "rustlang sbtscala scylladb selenium semgrep sentry serversideup signoz sismics snyk sonarsource sonatype "
    "strapi supabase swaggerapi temporalio tensorflow thecodingmachine tiangolo timescale tonistiigi traefik trufflesecurity "
    "ultralytics unleashorg valkey vaultwarden verdaccio victoriametrics vllm wazuh webdevops wiremock wodby woodpeckerci "
    "yandex yugabytedb zaproxy zenika".split()
)
_REGISTRIES = re.compile(
    r"^(?:mcr\.microsoft\.com|registry\.access\.redhat\.com|registry\.redhat\.io|nvcr\.io|docker\.elastic\.co|registry\.k8s\.io|"
    r"k8s\.gcr\.io|gcr\.io/(?:distroless|kaniko-project|google\.com/cloudsdktool)|public\.ecr\.aws/(?:docker|lambda|amazonlinux|"
    r"ubuntu|bitnami|nginx)|container-registry\.oracle\.com|quay\.io/(?:keycloak|prometheus|centos|fedora|jupyter|minio|argoproj|"
    r"jetstack|coreos|podman|buildah|ansible|operator-framework|centos-bootc|quarkus|wildfly|biocontainers|pypa)|"
    r"ghcr\.io/(?:astral-sh|linuxserver|graalvm|home-assistant|gohugoio|hadolint|super-linter|prefix-dev|puppeteer|berriai|"
    r"huggingface|open-webui|cirruslabs|renovatebot|sigstore|aquasecurity|actions|pnpm|foundry-rs|osgeo)|"
    r"registry\.gitlab\.com/gitlab-org)/"
)


def is_without_latest(name: str) -> bool:
    """Whether the tag `latest` of an image is gone: Microsoft took it from its Windows base images in April 2019.

    Args:
        name: with its registry.
    """
    return re.fullmatch(r"mcr\.microsoft\.com/windows(?:/(?:servercore|nanoserver|server|iotcore))?", name) is not None


def tags_releases(image: str) -> bool:
    """Whether the publisher of an image is one of whom it is known that his releases have tags, judging by its full name.

    Args:
        image: registry and repository in full.
    """
    if _REGISTRIES.match(image):
        return True
    space, slash, _ = image.removeprefix("docker.io/").partition("/")
    return image.startswith("docker.io/") and slash != "" and space in _PUBLISHERS | {"library"}


def names_release(name: str) -> bool:
    """Whether the name of an image says of which release it is: `redhat/ubi9`, `gcr.io/distroless/static-debian12`."""
    return _RELEASE_IN_NAME.search(name) is not None


_NO_VERSION = frozenset(
    (
        "alpine", "canary", "current", "dev", "devel", "develop", "development", "edge", "experimental", "full", "head", "jdk",
        "jre", "labs", "latest", "lts", "main", "mainline", "master", "nightly", "nonroot", "debug", "rawhide", "rolling",
        "sid", "slim", "stable", "test", "testing", "unstable", "upstream", "next", "preview", "beta", "alpha", "rc", "release",
        "prod", "production", "default", "amd64", "arm64", "arm64v8", "x86", "root", "musl", "glibc", "fpm", "apache", "cli",
        "zts", "perl", "otel", "management", "community", "enterprise", "runtime", "builder", "headless", "minimal", "windows",
        "nanoserver", "windowsservercore", "dind", "rootless", "git", "onbuild", "tools", "client", "server", "cuda", "gpu", "cpu",
        "ubuntu", "debian", "centos", "fedora", "rockylinux", "almalinux", "archlinux", "ubi",
    )
)  # fmt: skip
# releases of Debian and Ubuntu: of an image of another thing they say what is below it, not which version it is
_CODENAMES = frozenset(
    (
        "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "trusty", "xenial", "bionic",
        "focal", "jammy", "noble", "oracular", "plucky", "questing", "resolute",
    )
)  # fmt: skip
_DISTRIBUTIONS = frozenset(("debian", "ubuntu", "buildpack-deps"))


def floating_tag(name: str, tag: str) -> bool:
    """Whether a tag names no version, so that another release may be behind it tomorrow.

    Args:
        name: the image without registry and `library/`, such as `golang`.
        tag: the tag.
    """
    words = set(tag.lower().replace("_", "-").split("-"))
    if words <= _NO_VERSION or (words & {"latest", "nightly"} and not any(c.isdigit() for c in tag)):
        return True
    official = "/" not in name and name not in _DISTRIBUTIONS
    return official and bool(words & _CODENAMES) and words <= _NO_VERSION | _CODENAMES


@dataclass(frozen=True)
class Toolchain:
    """Images that exist to compile.

    Attributes:
        image: the name, without the default registry and tag.
        tag: what the tag must not hold: the variants without the compiler.
        language: as people call it.
        instead: what the result runs in.
        builders: programs, or programs with their first word, that make something to copy out.
        runners: programs that, when a container starts them, show that it needs the toolchain.
        product: what there is to copy.
    """

    image: re.Pattern[str]
    language: str
    instead: str
    builders: frozenset[str]
    runners: frozenset[str]
    product: str
    tag: re.Pattern[str] | None = None


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split(","))


_JVM_BUILDERS = _set("mvn,mvnw,gradle,gradlew,sbt,javac,ant,lein,kotlinc,scalac,jlink,native-image")
_JVM_RUNNERS = _set("mvn,mvnw,gradle,gradlew,sbt,lein,scala,kotlin,jshell,javac,ant,sbt-launch.jar")

TOOLCHAINS: tuple[Toolchain, ...] = (
    Toolchain(
        re.compile(r"golang|(?:docker\.io/)?bitnami/golang|(?:mcr\.microsoft\.com/)?(?:oss/go/microsoft|devcontainers)/golang|cimg/go"),
        "Go", "scratch, gcr.io/distroless/static or a slim distribution",
        _set("go build,go install,make,go generate,mage,task"),
        _set("go,air,reflex,CompileDaemon,gow,dlv,realize,fresh,gin,gopls,golangci-lint,mage,task,buffalo,revel,bee,modd,nodemon,"
             "golint,goimports,staticcheck,gotestsum,ginkgo,godoc,pkgsite,controller-gen,client-gen,gomobile,goreleaser,"
             "govulncheck,gosec,wire,mockgen,stringer,ko"),
        "the binary",
    ),
    Toolchain(
        re.compile(r"rust|rustlang/rust|clux/muslrust|ekidd/rust-musl-builder|messense/rust-musl-cross"),
        "Rust", "a slim distribution or gcr.io/distroless/cc",
        _set("cargo build,cargo install,make,rustc"), _set("cargo,cargo-watch,rustc,rustup,trunk,just,bacon,dx,shuttle"),
        "the binary",
    ),
    Toolchain(
        re.compile(r"maven|(?:docker\.io/)?bitnami/maven|carlossg/maven"), "Java", "a JRE such as eclipse-temurin:21-jre",
        _JVM_BUILDERS, _JVM_RUNNERS, "the jar",
    ),
    Toolchain(
        re.compile(r"gradle|(?:docker\.io/)?bitnami/gradle"), "Java", "a JRE such as eclipse-temurin:21-jre",
        _JVM_BUILDERS, _JVM_RUNNERS, "the jar",
    ),
    Toolchain(
        re.compile(r"sbtscala/scala-sbt|hseeberger/scala-sbt|mozilla/sbt"), "Scala", "a JRE such as eclipse-temurin:21-jre",
        _JVM_BUILDERS, _JVM_RUNNERS, "the jar",
    ),
    Toolchain(
        re.compile(r"(?:mcr\.microsoft\.com/)?dotnet/(?:core/|nightly/)?sdk|microsoft/dotnet|microsoft/aspnetcore-build"),
        ".NET", "mcr.microsoft.com/dotnet/aspnet or mcr.microsoft.com/dotnet/runtime",
        _set("dotnet publish,dotnet build,msbuild"),
        _set("dotnet run,dotnet watch,dotnet test,dotnet ef,dotnet exec,dotnet fsi,dotnet build,dotnet tool"), "the published directory",
        re.compile(r"runtime|aspnet"),
    ),
    Toolchain(
        re.compile(r"swift|swiftlang/swift|norionomura/swift"), "Swift", "the same tag of swift with -slim",
        _set("swift build,make"), _set("swift"), "the binary", re.compile(r"slim"),
    ),
    Toolchain(
        re.compile(r"haskell|fpco/stack-build"), "Haskell", "a slim distribution",
        _set("stack build,stack install,cabal build,cabal install,ghc,make"), _set("stack,cabal,ghc,ghci,runghc"), "the binary",
    ),
    Toolchain(
        re.compile(r"gcc"), "C and C++", "a slim distribution with the libraries it is linked to",
        _set("make,gcc,g++,cmake,ninja,cc,c++,meson"), _set("gcc,g++,make,gdb,cmake"), "the binary",
    ),
    Toolchain(
        re.compile(r"dart|google/dart"), "Dart", "scratch with the /runtime/ directory of the dart image",
        _set("dart compile,dart2native"), _set("dart,pub"), "the binary",
    ),
    Toolchain(
        re.compile(r"crystallang/crystal|84codes/crystal"), "Crystal", "a slim distribution",
        _set("crystal build,shards build,make"), _set("crystal,shards"), "the binary",
    ),
)  # fmt: skip
"""Images that hold a compiler which what they have compiled does not need."""

HAS_COMPILER = re.compile(
    r"(?:buildpack-deps|python|node|ruby|perl|golang|rust|gcc|php|erlang|elixir|haskell|swift|pypy|hylang|rakudo-star|"
    r"composer|circleci/\S+|cimg/\S+)"
)
"""Official images that are built upon buildpack-deps, or keep a compiler for extensions, unless their tag says slim."""

WITH_JRE = re.compile(
    r"eclipse-temurin|ibm-semeru-runtimes|adoptopenjdk(?:/openjdk\d+)?|azul/zulu-openjdk(?:-\w+)?|bellsoft/liberica-openjdk-\w+"
)
"""Images of a JDK whose publisher has the runtime alone as well."""


def toolchain(name: str, tag: str) -> Toolchain | None:
    """The toolchain that an image holds; None for images that are none, or not known.

    Args:
        name: the image without tag, `golang` for `docker.io/library/golang`.
        tag: the tag.
    """
    for found in TOOLCHAINS:
        if found.image.fullmatch(name) and not (found.tag and found.tag.search(tag)):
            return found
    return None


def has_compiler(name: str, tag: str) -> bool:
    """Whether an image that is there to run a language holds a C compiler all the same."""
    if name == "php":
        return "alpine" not in tag
    if name == "buildpack-deps" and re.search(r"-(?:curl|scm)$|^(?:curl|scm)$", tag):
        return False
    return HAS_COMPILER.fullmatch(name) is not None and not _SMALL.search(tag)


def is_jdk_with_jre(name: str, tag: str) -> bool:
    """Whether an image is a JDK that is published as a JRE, too."""
    return WITH_JRE.fullmatch(name) is not None and "jre" not in f"{name}:{tag}" and "alpine-jre" not in tag
