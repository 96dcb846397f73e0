# syntax=docker/dockerfile:1
# check=skip=SecretsUsedInArgOrEnv

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# A server faces a network: its addresses are not to be guessed (see build.rs).
ENV RUSTFLAGS="-C relocation-model=pic"
# The dependencies alone, in a layer that stays until the lock file changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked
COPY build.rs ./
COPY link link
COPY src src
COPY templates templates
COPY presets presets
COPY static static
# The files above may be older than what was just built of the empty ones.
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked \
    && mkdir -m 0700 /data

# glibc, libgcc and the certificates of public authorities; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="OAuth Client Helper" \
      org.opencontainers.image.description="Define an OAuth client once, press Authorize, and every script has a fresh token from then on." \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/oauth-client-helper/
COPY --from=build /build/target/release/oauth-helper /usr/local/bin/oauth-helper
# A new volume takes over the owner of the folder it is mounted on; the program refuses a folder of somebody else.
COPY --from=build --chown=65532:65532 /data /data
# TOKEN_CACHE is the path of a file that never holds a token, whatever its name suggests.
# hadolint ignore=DL3064
ENV OAUTHCLIENT_ADDRESS=0.0.0.0 \
    OAUTHCLIENT_DATA_DIR=/data \
    OAUTHCLIENT_OAUTH__TOKEN_CACHE=/data/clients.json
VOLUME /data
WORKDIR /data
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/oauth-helper", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/oauth-helper"]
CMD ["serve"]
