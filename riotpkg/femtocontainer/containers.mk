# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: LGPL-2.1-only
#
# From containers/NAME.c to a verified image in the firmware:
#
#   containers/NAME.c -> NAME.fc          femto build: clang, link, verify
#   NAME.fc           -> NAME.fc.c, .h    femto embed: a C array, its entry points
#   contract.toml     -> femto_contract.c, .h     femto contract emit: who may do what
#
# All of it in $(BINDIR)/containers, which the package then compiles as the
# module femtocontainer_images. Each step has its own prerequisites, so touching
# one source or header rebuilds only the images that come from it.

FEMTO_CONTAINERS := $(sort $(patsubst $(APPDIR)/containers/%.c,%,$(wildcard $(APPDIR)/containers/*.c)))
FEMTO_OUT := $(BINDIR)/containers

# Flags for clang when it compiles containers, such as -DWINDOW=10.
FEMTO_CFLAGS ?=

# The tool is built from source, again when a source is newer. Set FEMTO to an
# installed femto to do without Go.
ifeq (,$(FEMTO))
  FEMTO := $(FEMTO_ROOT)/build/bin/femto
  FEMTO_SOURCES := $(FEMTO_ROOT)/go.mod $(shell \
    find $(addprefix $(FEMTO_ROOT)/,femto cbridge tools/femto riotpkg/femtocontainer/core) \
         -name '*.go' -not -name '*_test.go' -o -name '*.[ch]')

  $(FEMTO): $(FEMTO_SOURCES)
	@command -v go >/dev/null || { \
	  $(COLOR_ECHO) '$(COLOR_RED)error: Go is missing, and with it the femto command that builds containers$(COLOR_RESET)'; \
	  echo '  hint: install Go from https://go.dev/dl, or set FEMTO to a femto binary'; exit 1; }
	@$(COLOR_ECHO) '$(COLOR_GREEN)Building the femto command.$(COLOR_RESET)'
	@# RIOT exports the flags and compiler of the board, which cgo must not see
	$(Q)cd $(FEMTO_ROOT) && env -u CC -u CFLAGS -u LDFLAGS -u LINKFLAGS go build -o $@ ./tools/femto
	@touch $@
endif

$(FEMTO_OUT)/%.fc: $(APPDIR)/containers/%.c $(FEMTO_OUT)/.flags $(wildcard $(FEMTO)) | $(filter $(FEMTO_ROOT)/%,$(FEMTO))
	$(Q)$(FEMTO) build $< -o $@ --deps $(@:.fc=.d) --cflags '-I$(APPDIR) -I$(FEMTO_PKG)/include/container $(FEMTO_CFLAGS)'

$(FEMTO_OUT)/%.fc.c: $(FEMTO_OUT)/%.fc
	$(Q)$(FEMTO) embed $< -o $(@D)

$(FEMTO_OUT)/femto_contract.c: $(APPDIR)/contract.toml $(wildcard $(FEMTO)) | $(filter $(FEMTO_ROOT)/%,$(FEMTO)) $(FEMTO_OUT)/.flags
	$(Q)$(FEMTO) contract emit $< -o $(@D) --deps $(@:.c=.d)

# Remembers the flags, and clears away what belongs to containers that are gone.
$(FEMTO_OUT)/.flags: FORCE
	@mkdir -p $(@D)
	@cd $(@D) && for f in *.fc; do case ' $(FEMTO_CONTAINERS:=.fc) ' in \
	  *" $$f "*) ;; *) rm -f "$$f" "$$f".c "$$f".h "$$f".map "$${f%.fc}.d";; esac; done
	@echo '$(FEMTO_CFLAGS)' | cmp -s - $@ || echo '$(FEMTO_CFLAGS)' > $@

BUILDDEPS += $(if $(wildcard $(APPDIR)/contract.toml),$(FEMTO_OUT)/femto_contract.c)
BUILDDEPS += $(foreach c,$(FEMTO_CONTAINERS),$(FEMTO_OUT)/$c.fc $(FEMTO_OUT)/$c.fc.c)
INCLUDES += -I$(FEMTO_OUT)

-include $(FEMTO_CONTAINERS:%=$(FEMTO_OUT)/%.d) $(FEMTO_OUT)/femto_contract.d
