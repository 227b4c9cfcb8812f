/* SPDX-License-Identifier: Apache-2.0 */

/** @file Checks a SoC and the options of a run against the ranges that hb_sim.h documents. */

#ifndef HB_SIM_SOC_SOC_CHECK_H_
#define HB_SIM_SOC_SOC_CHECK_H_

#include <string>

#include "sim/include/hb_sim.h"

namespace hb {

/** One line saying which value is wrong and what was expected, or "": all is well. */
std::string check_soc(const hb_soc_t &soc);
std::string check_options(const hb_sim_options_t &options, const hb_soc_t &soc);

}  // namespace hb

#endif  // HB_SIM_SOC_SOC_CHECK_H_
