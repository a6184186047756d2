// Clocks the test bench until it calls $finish.
#include "Vbench.h"
#include "verilated.h"

int main(int argc, char **argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench top{&context};
    while (!context.gotFinish()) {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        context.timeInc(1);
    }
    top.final();
    return 0;
}
