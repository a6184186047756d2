// Loads the parameters over AXI4-Lite, then offers an input beat in every clock and prints the
// predictions. Numbers between at signs come from benchmarks/rtl.py.
module bench
`ifndef CLOCK
  (input clk)
`endif
  ;
`ifdef CLOCK
  reg clk;
  initial begin
    clk = 0;
    forever #5 clk = !clk;
  end
`endif
  reg [3:0] start;
  reg [63:0] parameters [0:@PARAMETERS@-1];
  reg [@DATA_BITS@+@USER_BITS@-1:0] beats [0:@INPUTS@*@BEATS@-1];
  reg [31:0] loading, beat, position, predicted;
  reg loaded, draining, sending;

  initial begin
    $readmemh("parameters.hex", parameters);
    $readmemh("beats.hex", beats);
    start = 0; loading = 0; beat = 0; position = 0; predicted = 0;
    loaded = 0; draining = 0; sending = 0;
  end

  wire rst = start < 2;
  wire [@DATA_BITS@+@USER_BITS@-1:0] word = beats[beat];
  wire offering = loaded && beat < @INPUTS@*@BEATS@;
  wire ready, valid, accepted, answered;
  wire [@RESULT_BITS@-1:0] result;
  wire writing = sending && (!loaded || draining);
  wire [63:0] write = draining ? 64'h00000004_00000001 : parameters[loading];

  accelerator dut (
    .clk(clk), .rst(rst),
    .s_axis_tdata(word[@DATA_BITS@-1:0]), .s_axis_tuser(word[@DATA_BITS@+@USER_BITS@-1:@DATA_BITS@]),
    .s_axis_tvalid(offering), .s_axis_tready(ready), .s_axis_tlast(position == @BEATS@-1),
    .m_axis_tdata(result), .m_axis_tvalid(valid), .m_axis_tready(1'b1), .m_axis_tlast(),
    .s_axi_awaddr(write[32+@ADDRESS_BITS@-1:32]), .s_axi_awvalid(writing),
    .s_axi_awready(accepted), .s_axi_wdata(write[31:0]), .s_axi_wstrb(4'hf),
    .s_axi_wvalid(writing), .s_axi_wready(), .s_axi_bresp(), .s_axi_bvalid(answered),
    .s_axi_bready(1'b1), .s_axi_araddr({@ADDRESS_BITS@{1'b0}}),
    .s_axi_arvalid(1'b0), .s_axi_arready(), .s_axi_rdata(), .s_axi_rresp(), .s_axi_rvalid(),
    .s_axi_rready(1'b1));

  always @(posedge clk) begin
    if (start < 4) begin
      start <= start + 1;
      sending <= start == 3;
    end
    if (writing && accepted)
      sending <= 0;
    if (answered && !loaded) begin
      loading <= loading + 1;
      loaded <= loading == @PARAMETERS@-1;
      sending <= loading != @PARAMETERS@-1;
    end
    if (offering && ready) begin
      beat <= beat + 1;
      position <= position == @BEATS@-1 ? 0 : position + 1;
      if (beat == @INPUTS@*@BEATS@-1) begin
        draining <= 1;
        sending <= 1;
      end
    end
    if (valid) begin
      $display("p %0d", result[@PREDICTION_BITS@-1:0]);
      predicted <= predicted + 1;
      if (predicted == @INPUTS@-1)
        $finish;
    end
  end
endmodule
