"""What comes out of the accelerator: counted, and kept where the host wants each prediction."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from fpga.link.sizes import Sizes

COUNT_BITS = 32


class Results(wiring.Component):
    """Takes every prediction as it comes.

    Args:
        sizes: of design and link.
        prediction_bits: of the accelerator's output stream: the prediction, and "correct" above.

    Attributes:
        predictions (In): of the accelerator.
        keep (In): let predictions queue for the host. If its queue is full, the accelerator waits.
        kept (Out): the queue.
        taken, correct (Out): predictions and right ones among them, since reset.
    """

    def __init__(self, sizes: Sizes, *, prediction_bits: int) -> None:
        self.sizes = sizes
        self.prediction_bits = prediction_bits
        predictions = stream.Signature(prediction_bits)
        super().__init__(
            {
                "predictions": In(predictions),
                "keep": In(1),
                "kept": Out(predictions),
                "taken": Out(COUNT_BITS),
                "correct": Out(COUNT_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=self.prediction_bits, depth=self.sizes.predictions
        )
        taken, right = Signal(), Signal()
        m.d.comb += [
            self.predictions.ready.eq(queue.w_rdy | ~self.keep),
            queue.w_data.eq(self.predictions.payload),
            queue.w_en.eq(self.predictions.valid & self.keep),
            self.kept.payload.eq(queue.r_data),
            self.kept.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.kept.ready),
        ]
        # A clock behind, which keeps the counters' carries out of the way.
        m.d.sync += taken.eq(self.predictions.valid & self.predictions.ready)
        m.d.sync += right.eq(self.predictions.payload[-1])
        m.d.sync += self.taken.eq(self.taken + taken)
        m.d.sync += self.correct.eq(self.correct + (taken & right))
        return m
