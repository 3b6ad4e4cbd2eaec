export const PR_SET_PDEATHSIG = 1;
