// SPDX-License-Identifier: Apache-2.0
#include "value/expr.h"

#include <gtest/gtest.h>
