# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
#
# Everything that "make test" needs but RIOT; what is added is for networks of its own:
#
#   docker build -t femtocontainer .
#   docker run --rm -it -v "$PWD:/src" --cap-add NET_ADMIN --cap-add SYS_ADMIN --device /dev/net/tun femtocontainer make test

FROM golang:1.26-bookworm

COPY tools/setup /tmp/setup
RUN /tmp/setup/packages test && rm -rf /var/lib/apt/lists/* /tmp/setup

# for every run, and for those without a network
COPY go.mod go.sum /tmp/modules/
RUN cd /tmp/modules && go mod download && rm -r /tmp/modules

# the sources belong to another user when they are mounted
RUN git config --system --add safe.directory '*'
WORKDIR /src
