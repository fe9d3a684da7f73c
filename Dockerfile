# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
#
# Everything that "make test" needs:
#
#   docker build -t femtocontainer .
#   docker run --rm -it -v "$PWD:/src" femtocontainer make test

FROM golang:1.26-bookworm

COPY tools/setup /tmp/setup
RUN /tmp/setup/packages test && rm -rf /var/lib/apt/lists/* /tmp/setup

# the sources belong to another user when they are mounted
RUN git config --system --add safe.directory '*'
WORKDIR /src
