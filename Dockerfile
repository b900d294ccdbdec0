# The hub alone on an empty file system: no shell, no libraries, no root.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make build && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/bin/orderhub /orderhub
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV ORDERHUB_HTTP=:8080 ORDERHUB_GRPC=:9090 ORDERHUB_METRICS=:9464
EXPOSE 8080 9090 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/orderhub", "health"]
ENTRYPOINT ["/orderhub"]
CMD ["serve"]
