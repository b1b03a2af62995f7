// LLVM's frequencies of machine code, inferred in another way where a profile is used.
//
// LLVM's unit is a part of this one. Duplicated computed jumps, which the loop of an interpreter consists of, make loops
// with many entries, and LLVM's usual way is off by tens of times there. Its other way follows the counts; it is an
// option that is off, and for the optimiser's frequencies as well, by which counts find their place.
#include "Profile.h"

// In the header this is what declares the option, and where it is asked, a call.
#define UseIterativeBFIInference (*howFrequenciesAreInferred())
#include <MachineBlockFrequencyInfo.cpp>
