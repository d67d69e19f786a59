# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
