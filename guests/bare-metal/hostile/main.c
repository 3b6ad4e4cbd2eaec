#include "boot-info.h"
void program_main(void) {}
