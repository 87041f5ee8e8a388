#!/bin/sh
# The shop's own tests: three things at 10 cost 30.
cd "$(dirname "$0")" || exit 1
# shellcheck source=/dev/null
. ./shop.conf
total=$((3 * 10 - REBATE))
if [ $total != 30 ]; then
    echo "FAILED basket_of_three: costs $total, should cost 30"
    echo "1 failed, 1 passed"
    exit 1
fi
echo "2 passed"
