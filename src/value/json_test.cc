// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <gtest/gtest.h>
