// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include <gtest/gtest.h>

#include "value/json.h"
