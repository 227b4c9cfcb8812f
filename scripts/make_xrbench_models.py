#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds XRBench's networks as they are: strides, groups, pooling, activations, residual adds, attention.

usage: scripts/make_xrbench_models.py [--check | --table]

Writes scenarios/xrbench/models/corrected/*.yaml, and beside them totals.csv: layers, multiply-accumulates and parameters of
each. --check writes nothing and fails if a file would change. --table prints the totals beside published figures.
Every mode fails if a total is further from its published figure than figures() allows. What is assumed about each network:
scenarios/xrbench/README.md.
"""

import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "scenarios" / "xrbench"
FOLDER = ROOT / "models" / "corrected"
SCALE = '"0.03125"'  # of sums and products: what layers with weights leave by default


class Tensor:
    """What a layer leaves: its name, channels, rows, columns."""

    def __init__(self, name, c, h, w):
        self.name, self.c, self.h, self.w = name, c, h, w
        self.view = {}  # how the next layer reads it, if not as it was left


class Net:
    """Layers in order, and their totals. Convolutions end in a ReLU unless `act` says otherwise."""

    def __init__(self, title):
        self.title = title
        self.lines, self.names = [], set()
        self.macs = self.params = 0
        self.last = None

    def input(self, c, h, w):
        return Tensor("input", c, h, w)

    def add(self, op, name, inputs, out, **keys):
        """A layer that reads `inputs` and leaves `out` = (channels, rows, columns)."""
        base, n = name, 1
        while name in self.names:
            n += 1
            name = f"{base}_{n}"
        self.names.add(name)
        fields = [f"name: {name}", f"op: {op}"]
        first = inputs[0]
        keys = {**first.view, **keys}
        if len(inputs) > 1:
            fields.append(f"inputs: [{first.name}, {inputs[1].name}]")
        elif self.last is not None and first.name != self.last:
            fields.append(f"inputs: [{first.name}]")
        if self.last is None:
            keys = {"in": [first.c, first.h, first.w], **keys}
        fields += [f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in keys.items()]
        self.lines.append("  - {" + ", ".join(fields) + "}")
        self.last = name
        return Tensor(name, *out)

    def view(self, x, c, h, w):
        """The same bytes in another shape, as a first operand."""
        assert x.c * x.h * x.w == c * h * w and (x.c == c or x.c % 16 == c % 16 == 0), x.name
        seen = Tensor(x.name, c, h, w)
        seen.view = {"in": [c, h, w]} if (c, h, w) != (x.c, x.h, x.w) else {}
        return seen

    def act(self, x, function, name, **keys):
        return self.add("unary", f"{name}_{function}", [x], (x.c, x.h, x.w), function=function, **keys)

    def conv(self, x, k, r=1, s=1, g=1, name="conv", act="relu", bias="norm", pad=None, shared=False):
        """r: kernel, a number or (rows, columns). bias: "norm" (a folded batch norm: 2 parameters a channel), "bias" or
        None. shared: its weights were counted already."""
        r = (r, r) if isinstance(r, int) else r
        pad = (r[0] // 2, (r[0] - 1) // 2, r[1] // 2, (r[1] - 1) // 2) if pad is None else pad
        h = (x.h + pad[0] + pad[1] - r[0]) // s + 1
        w = (x.w + pad[2] + pad[3] - r[1]) // s + 1
        keys = {"out_channels": k}
        if g > 1:
            keys["groups"] = g
        if r != (1, 1):
            keys["kernel"] = list(r)
        if s > 1:
            keys["stride"] = [s, s]
        if any(pad):
            keys["padding"] = list(pad)
        if act != "relu":
            keys["clip"] = [0, 255]
        self.macs += h * w * k * (x.c // g) * r[0] * r[1]
        if not shared:
            self.params += k * (x.c // g) * r[0] * r[1] + {"norm": 2 * k, "bias": k, None: 0}[bias]
        y = self.add("conv", name, [x], (k, h, w), **keys)
        return y if act in (None, "relu") else self.act(y, act, name)

    def depthwise(self, x, r, s=1, **keys):
        return self.conv(x, x.c, r, s, g=x.c, **keys)

    def deconv(self, x, k, r, s, pad, out_pad, name="up", act="relu", bias="norm"):
        h, w = ((side - 1) * s + r - 2 * pad + out_pad for side in (x.h, x.w))
        self.macs += x.h * x.w * x.c * k * r * r
        self.params += x.c * k * r * r + {"norm": 2 * k, "bias": k, None: 0}[bias]
        return self.add("conv_transpose", name, [x], (k, h, w), out_channels=k, kernel=[r, r], stride=[s, s],
                        padding=[pad] * 4, output_padding=[out_pad] * 2, clip=[128 if act == "relu" else 0, 255])

    def fc(self, x, k, name="fc", act=None, bias="bias"):
        """Of a vector; a 1x1 convolution."""
        return self.conv(x, k, name=name, act=act, bias=bias)

    def sum(self, a, b, name="add", relu=False):
        keys = {"clip": [128, 255]} if relu else {}
        return self.add("add", name, [a, b], (a.c, a.h, a.w), y_scale=SCALE, **keys)

    def mul(self, a, b, name="mul"):
        return self.add("mul", name, [a, b], (a.c, a.h, a.w), y_scale=SCALE)

    def concat(self, a, b, name="concat"):
        return self.add("concat", name, [a, b], (a.c + b.c, a.h, a.w), x_scale=SCALE, x2_scale=SCALE,
                        x_zero_point=128, x2_zero_point=128)

    def max_pool(self, x, r, s, pad=0, name="max_pool"):
        h, w = ((side + 2 * pad - r) // s + 1 for side in (x.h, x.w))
        keys = {"padding": [pad] * 4} if pad else {}
        return self.add("max_pool", name, [x], (x.c, h, w), kernel=[r, r], stride=[s, s], **keys)

    def avg_pool(self, x, r, s, name="avg_pool", same=False):
        if same:
            h, w = (-(-side // step) for side, step in ((x.h, s[0]), (x.w, s[1])))
        else:
            h, w = ((side - k) // step + 1 for side, k, step in ((x.h, r[0], s[0]), (x.w, r[1], s[1])))
        return self.add("avg_pool", name, [x], (x.c, h, w), kernel=list(r), stride=list(s),
                        **({"same_padding": True} if same else {}))

    def global_pool(self, x, name="pool"):
        return self.avg_pool(x, (x.h, x.w), (1, 1), name)

    def resize(self, x, h, w, name="resize", mode="nearest"):
        return x if (x.h, x.w) == (h, w) else self.add("resize", name, [x], (x.c, h, w), mode=mode, size=[h, w])

    def slice(self, x, c, k, name="slice"):
        """Channels c .. c + k - 1."""
        return self.add("slice", name, [x], (k, x.h, x.w), **{"from": [c, 0, 0], "out_channels": k})

    def transpose(self, x, permute, name="transpose"):
        out = {"hw": (x.c, x.w, x.h), "cw": (x.w, x.h, x.c)}[permute]
        return self.add("transpose", name, [x], out, permute=permute)

    def requantise(self, x, name):
        """A copy, for a tensor that is read in another shape more than once or as a second operand."""
        return self.add("requantise", name, [x], (x.c, x.h, x.w))

    def softmax(self, x, name="softmax"):
        return self.add("softmax", name, [x], (x.c, x.h, x.w))

    def norm(self, x, name="norm"):
        self.params += 2 * x.c
        return self.add("layer_norm", name, [x], (x.c, x.h, x.w))

    def product(self, x, x2, batch, name, heads=False, y_heads=False):
        """x (rows M of K) times x2 (rows K of N) for each batch. heads: x or x2 have them side by side in the channels."""
        x_heads, x2_heads = heads in (True, "x"), heads in (True, "x2")
        m = x.w if x_heads else x.h * x.w // batch
        k = x.c // batch if x_heads else x.c
        n = x2.c // batch if x2_heads else x2.c
        self.macs += batch * m * k * n
        keys = {"batch": batch}
        for key, given in (("x_heads", x_heads), ("x2_heads", x2_heads), ("y_heads", y_heads)):
            if given:
                keys[key] = True
        return self.add("batch_matmul", name, [x, x2], (n * batch, 1, m) if y_heads else (n, batch, m), **keys,
                        y_scale=SCALE)

    def squeeze(self, x, k, name):
        """Squeeze and excitation: x scaled by a function of its means."""
        y = self.fc(self.global_pool(x, name + "_pool"), k, name + "_reduce", "relu")
        y = self.fc(y, x.c, name + "_expand")
        return self.mul(x, self.act(y, "hard_sigmoid", name, alpha='"0.166666667"'), name + "_scale")

    def inverted(self, x, e, k, r, s=1, name="block", act="relu", se=None):
        """Inverted residual: 1x1 to e channels (none if e is x's), depthwise, 1x1 to k; added to x if that fits."""
        y = x if e == x.c else self.conv(x, e, name=name + "_expand", act=act)
        y = self.depthwise(y, r, s, name=name + "_depthwise", act=act)
        y = self.squeeze(y, se, name + "_se") if se else y
        y = self.conv(y, k, name=name + "_project", act=None)
        return self.sum(y, x, name + "_add") if s == 1 and k == x.c else y


# ------------------------------------------------------------------------------------------------------------ networks


def es_ritnet(h=160, w=100):
    n = Net("RITNet (Chaudhary et al., ICCVW 2019)")
    x = n.input(1, h, w)
    image = n.requantise(x, "image")  # a second operand cannot be the model's input
    skips = []
    for i in range(1, 6):
        name = f"down{i}"
        if i > 1:
            x = n.avg_pool(x, (2, 2), (2, 2), name + "_pool", same=True)
        x1 = n.conv(x, 32, 3, name=name + "_conv1", act="leaky_relu", bias="bias")
        x21 = n.concat(x1, x if i > 1 else image, name + "_concat1")
        x22 = n.conv(n.conv(x21, 32, name=name + "_conv21", act=None, bias="bias"), 32, 3, name=name + "_conv22",
                     act="leaky_relu", bias="bias")
        x31 = n.concat(x22, x21, name + "_concat2")
        x = n.conv(n.conv(x31, 32, name=name + "_conv31", act=None, bias="bias"), 32, 3, name=name + "_conv32",
                   act="leaky_relu", bias="bias")
        n.params += 2 * 32  # batch norm behind the activation: folded into what follows
        skips.append(x)
    for i, skip in enumerate(reversed(skips[:-1]), 1):
        name = f"up{i}"
        x = n.concat(n.resize(x, skip.h, skip.w, name + "_resize"), skip, name + "_concat1")
        x1 = n.conv(n.conv(x, 32, name=name + "_conv11", act=None, bias="bias"), 32, 3, name=name + "_conv12",
                    act="leaky_relu", bias="bias")
        x = n.concat(x, x1, name + "_concat2")
        x = n.conv(n.conv(x, 32, name=name + "_conv21", act=None, bias="bias"), 32, 3, name=name + "_conv22",
                   act="leaky_relu", bias="bias")
    n.conv(x, 4, name="classes", act=None, bias="bias")
    return n


def ge_fbnet_c(h=160, w=100, classes=1000):
    n = Net("FBNet-C (Wu et al., CVPR 2019)")
    x = n.conv(n.input(3, h, w), 16, 3, 2, name="stem")
    # expansion, kernel, output channels, stride of each block; the list has no skipped ones
    blocks = [(1, 3, 16, 1), (6, 3, 24, 2), (1, 3, 24, 1), (1, 3, 24, 1),
              (6, 5, 32, 2), (3, 5, 32, 1), (6, 5, 32, 1), (6, 3, 32, 1),
              (6, 5, 64, 2), (3, 5, 64, 1), (6, 5, 64, 1), (6, 5, 64, 1),
              (6, 5, 112, 1), (6, 5, 112, 1), (6, 5, 112, 1), (3, 5, 112, 1),
              (6, 5, 184, 2), (6, 5, 184, 1), (6, 5, 184, 1), (6, 5, 184, 1), (6, 3, 352, 1)]
    for i, (e, r, k, s) in enumerate(blocks, 1):
        x = n.inverted(x, e * x.c, k, r, s, f"block{i}")
    x = n.conv(x, 1984, name="head")
    n.fc(n.global_pool(x), classes, "gaze")
    return n


def kd_res8_narrow():
    return kd_res8(19, 98, 40, "res8-narrow (Tang and Lin, ICASSP 2018)")


def kd_res8(k, h, w, title):
    n = Net(title)
    x = n.conv(n.input(1, h, w), k, 3, name="conv0", bias=None)
    x = n.avg_pool(x, (4, 3), (4, 3), "pool0")
    for i in range(1, 4):
        y = n.conv(x, k, 3, name=f"conv{2 * i - 1}", bias=None)
        x = n.sum(n.conv(y, k, 3, name=f"conv{2 * i}", bias=None), x, f"add{i}")
    n.softmax(n.fc(n.global_pool(x), 12, "keywords"), "probabilities")
    return n


def sr_emformer(tokens=128, layers=24, d=512, heads=8, ffn=2048):
    n = Net("Emformer EM-24L (Shi et al., ICASSP 2021)")
    x = n.input(d, 1, tokens)
    for i in range(1, layers + 1):
        a = n.norm(x, f"layer{i}_norm1")
        q = n.conv(a, d, name=f"layer{i}_query", act=None, bias="bias")
        kv = n.conv(a, 2 * d, name=f"layer{i}_key_value", act=None, bias="bias")
        k = n.transpose(n.slice(kv, 0, d, f"layer{i}_key"), "cw", f"layer{i}_key_transposed")
        v = n.slice(kv, d, d, f"layer{i}_value")
        score = n.product(q, k, heads, f"layer{i}_scores", heads="x")
        a = n.product(n.softmax(score, f"layer{i}_softmax"), v, heads, f"layer{i}_context", heads="x2", y_heads=True)
        a = n.conv(a, d, name=f"layer{i}_output", act=None, bias="bias")
        x = n.sum(x, a, f"layer{i}_add1")
        y = n.conv(n.norm(x, f"layer{i}_norm2"), ffn, name=f"layer{i}_ffn1", bias="bias")
        x = n.sum(n.conv(y, d, name=f"layer{i}_ffn2", act=None, bias="bias"), x, f"layer{i}_add2")
        x = n.norm(x, f"layer{i}_norm3")
    return n


def as_ed_tcn(frames=668, classes=11):
    n = Net("ED-TCN (Lea et al., CVPR 2017)")
    x = n.input(128, frames, 1)
    for i, k in enumerate((64, 96), 1):
        x = n.conv(x, k, (25, 1), name=f"encode{i}", bias="bias")
        x = n.add("max_pool", f"pool{i}", [x], (x.c, x.h // 2, 1), kernel=[2, 1], stride=[2, 1])
    for i, k in enumerate((96, 64), 1):
        x = n.resize(x, x.h * 2, 1, f"up{i}")
        x = n.conv(x, k, (25, 1), name=f"decode{i}", bias="bias")
    n.softmax(n.conv(x, classes, name="actions", act=None, bias="bias"), "probabilities")
    return n


def bottleneck(n, x, mid, out, s=1, name="block"):
    """ResNet's, the stride in its 3x3 convolution."""
    y = n.conv(n.conv(x, mid, name=name + "_conv1"), mid, 3, s, name=name + "_conv2")
    y = n.conv(y, out, name=name + "_conv3", act=None)
    skip = x if out == x.c and s == 1 else n.conv(x, out, s=s, name=name + "_skip", act=None)
    return n.sum(y, skip, name + "_add", relu=True)


def basic(n, x, k, s=1, name="block"):
    y = n.conv(n.conv(x, k, 3, s, name=name + "_conv1"), k, 3, name=name + "_conv2", act=None)
    skip = x if k == x.c and s == 1 else n.conv(x, k, s=s, name=name + "_skip", act=None)
    return n.sum(y, skip, name + "_add", relu=True)


def dr_sparse_to_dense(h=228, w=912):
    n = Net("Sparse-to-Dense RGBd-200, ResNet-18 with UpProj (Ma and Karaman, ICRA 2018)")
    x = n.conv(n.input(4, h, w), 64, 7, 2, name="stem")
    x = n.max_pool(x, 3, 2, 1)
    for stage, k in enumerate((64, 128, 256, 512), 1):
        for i in (1, 2):
            x = basic(n, x, k, 2 if stage > 1 and i == 1 else 1, f"layer{stage}_{i}")
    x = n.conv(x, 256, name="reduce", act=None)
    for i, k in enumerate((128, 64, 32, 16), 1):
        name = f"up{i}"  # unpooling and a 5x5 convolution are one transposed convolution
        y = n.conv(n.deconv(x, k, 5, 2, 2, 1, name + "_upper1"), k, 3, name=name + "_upper2", act=None)
        x = n.sum(y, n.deconv(x, k, 5, 2, 2, 1, name + "_bottom", act=None), name + "_add", relu=True)
    x = n.conv(x, 1, 3, name="depth", act=None, bias=None)
    # To the image's size: vector tiles resize by 2 (57/29 has too many phases) and short rows; then cropped
    x = n.transpose(n.resize(n.transpose(x, "hw", "turned"), 2 * x.w, 2 * x.h, "full_size", "linear"), "hw", "upright")
    n.add("slice", "crop", [x], (1, h, w), size=[h, w])
    return n


def de_midas_small(h=192, w=256):
    n = Net("MiDaS v2.1 small (Ranftl et al., TPAMI 2022) on EfficientNet-Lite3")
    x = n.conv(n.input(3, h, w), 32, 3, 2, name="stem")
    taps = []
    stages = [(1, 3, 24, 1, 1), (6, 3, 32, 2, 3), (6, 5, 48, 2, 3), (6, 3, 96, 2, 5), (6, 5, 136, 1, 5), (6, 5, 232, 2, 6),
              (6, 3, 384, 1, 1)]
    for stage, (e, r, k, s, count) in enumerate(stages, 1):
        for i in range(1, count + 1):
            x = n.inverted(x, e * x.c, k, r, s if i == 1 else 1, f"stage{stage}_{i}")
        if stage in (2, 3, 5, 7):
            taps.append(x)

    def unit(x, name):
        y = n.conv(n.act(x, "relu", name), x.c, 3, name=name + "_conv1", bias="bias")
        return n.sum(n.conv(y, x.c, 3, name=name + "_conv2", act=None, bias="bias"), x, name + "_add")

    taps = [n.conv(t, k, 3, name=f"tap{i}", act=None, bias=None)
            for i, (t, k) in enumerate(zip(taps, (64, 128, 256, 512)), 1)]
    x = None
    for i, k in ((4, 256), (3, 128), (2, 64), (1, 64)):
        t = taps[i - 1]
        x = t if x is None else n.sum(unit(t, f"fuse{i}_unit1"), x, f"fuse{i}_add")
        x = unit(x, f"fuse{i}_unit2")
        x = n.resize(x, x.h * 2, x.w * 2, f"fuse{i}_up", "linear")
        x = n.conv(x, k, name=f"fuse{i}_out", act=None, bias="bias")
    x = n.conv(x, 32, 3, name="out1", act=None, bias="bias")
    x = n.resize(x, x.h * 2, x.w * 2, "out_up", "linear")
    n.conv(n.conv(x, 32, 3, name="out2", bias="bias"), 1, name="depth", bias="bias")
    return n


def od_d2go(h=224, w=299):
    n = Net("D2Go Faster R-CNN with FBNetV3-A (Dai et al., CVPR 2021)")
    x = n.conv(n.input(3, h, w), 16, 3, 2, name="stem", act="hard_swish")
    # expanded channels, kernel, output channels, stride, channels of the squeeze
    trunk = [(16, 3, 16, 1, 0)] * 2 + [(64, 5, 24, 2, 0)] + [(72, 5, 24, 1, 0)] * 3 + [(96, 5, 32, 2, 24)] + \
            [(96, 3, 32, 1, 24)] * 3 + [(128, 5, 64, 2, 0)] + [(192, 3, 64, 1, 0)] * 3 + [(256, 5, 112, 1, 64)] + \
            [(336, 5, 112, 1, 88)] * 10
    for i, (e, r, k, s, se) in enumerate(trunk, 1):
        x = n.inverted(x, e, k, r, s, f"trunk{i}", "hard_swish", se)
    features = x
    n.conv(x, 15, name="rpn_objectness", act=None, bias="bias")
    n.conv(features, 60, name="rpn_boxes", act=None, bias="bias")
    x = n.resize(features, 6, 6, "roi", "nearest")
    head = [(448, 5, 184, 2, 112)] + [(736, 3, 184, 1, 184)] * 4 + [(1104, 5, 200, 1, 280)]
    for i, (e, r, k, s, se) in enumerate(head, 1):
        x = n.inverted(x, e, k, r, s, f"head{i}", "hard_swish", se)
    x = n.global_pool(x)
    n.softmax(n.fc(x, 81, "class_scores"), "classes")
    n.fc(x, 320, "boxes")
    return n


def pd_plane_rcnn(size=160):
    n = Net("PlaneRCNN (Liu et al., CVPR 2019) at a quarter of its resolution")
    x = n.max_pool(n.conv(n.input(3, size, size), 64, 7, 2, name="stem"), 3, 2, 1)
    stages = []
    for stage, (mid, count) in enumerate(((64, 3), (128, 4), (256, 23), (512, 3)), 1):
        for i in range(1, count + 1):
            x = bottleneck(n, x, mid, 4 * mid, 2 if stage > 1 and i == 1 else 1, f"layer{stage}_{i}")
        stages.append(x)
    n.backbone_params = n.params
    p = None
    levels = []
    for i, c in zip((5, 4, 3, 2), reversed(stages)):
        lateral = n.conv(c, 256, name=f"fpn{i}_lateral", act=None, bias="bias")
        p = lateral if p is None else n.sum(n.resize(p, c.h, c.w, f"fpn{i}_up"), lateral, f"fpn{i}_add")
        levels.insert(0, n.conv(p, 256, 3, name=f"fpn{i}_smooth", act=None, bias="bias"))
    levels.append(n.max_pool(levels[-1], 1, 2, name="fpn6"))
    # depth of the whole image
    x = None
    for i, level in zip((1, 2, 3, 4, 5), reversed(levels)):
        y = n.conv(level, 128, 3, name=f"depth_conv{i}")
        x = y if x is None else n.concat(y, x, f"depth_concat{i}")
        target = levels[4 - i] if i < 5 else Tensor("", 0, 2 * y.h, 2 * y.w)
        x = n.resize(x, target.h, target.w, f"depth_up{i}")
        x = n.conv(x, 64 if i == 5 else 128, 3, name=f"depth_deconv{i}")
    n.conv(x, 1, 3, name="depth", act=None, bias="bias")
    # region proposals
    for i, level in enumerate(levels, 2):
        y = n.conv(level, 512, 3, name=f"rpn{i}_shared", bias="bias", shared=i > 2)
        n.softmax(n.conv(y, 6, name=f"rpn{i}_classes", act=None, bias="bias", shared=i > 2), f"rpn{i}_softmax")
        n.conv(y, 12, name=f"rpn{i}_boxes", act=None, bias="bias", shared=i > 2)
    # classes, boxes and planes of a region
    ranges = n.conv(n.slice(levels[0], 0, 3, "ranges"), 64, name="coordinates", bias="bias")
    roi = n.resize(levels[0], 4, 4, "roi")
    x = n.concat(roi, n.resize(ranges, 4, 4, "roi_coordinates"), "roi_concat")
    x = n.conv(n.conv(x, 1024, 4, name="class_conv1", pad=(0, 0, 0, 0)), 1024, name="class_conv2")
    n.softmax(n.fc(x, 8, "class_scores"), "classes")
    n.fc(x, 32, "boxes")
    n.fc(x, 24, "planes")
    # its mask
    x = roi
    for i in range(1, 5):
        x = n.conv(x, 256, 3, name=f"mask_conv{i}")
    x = n.deconv(x, 256, 2, 2, 0, 0, "mask_up", bias="bias")
    n.act(n.conv(x, 8, name="mask_scores", act=None, bias="bias"), "sigmoid", "mask")
    # refinement of masks and depth, for one plane
    x = n.resize(n.slice(levels[0], 0, 10, "refine_input"), 48, 64, "refine_size")
    a0 = n.conv(x, 32, 3, name="refine_conv0")
    a1 = n.conv(n.concat(a0, a0, "refine_mean0"), 64, 3, 2, name="refine_conv1")
    a1 = n.conv(n.concat(a1, a1, "refine_mean1"), 64, 3, name="refine_conv1_1")
    a2 = n.conv(n.concat(a1, a1, "refine_mean2"), 128, 3, 2, name="refine_conv2")
    a2 = n.conv(n.concat(a2, a2, "refine_mean3"), 128, 3, name="refine_conv2_1")
    for kind in ("plane", "global"):
        x = n.deconv(a2, 64, 4, 2, 1, 0, f"refine_{kind}_up2")
        x = n.deconv(n.concat(x, a1, f"refine_{kind}_concat1"), 32, 4, 2, 1, 0, f"refine_{kind}_up1")
        x = n.concat(x, a0, f"refine_{kind}_concat0")
        y = n.conv(n.conv(x, 16, 3, name=f"refine_{kind}_conv"), 1, 3, name=f"refine_{kind}_out", act=None, bias="bias")
        if kind == "plane":
            n.act(y, "sigmoid", "refine_mask")
    n.conv(n.conv(x, 16, 3, name="refine_depth_conv"), 1, 3, name="refine_depth", act=None, bias="bias")
    return n


def ht_graph_cnn(size=128):
    n = Net("Hand shape and pose graph CNN (Ge et al., CVPR 2019) at half its resolution")

    def residual(x, k, name):
        """Pre-activation bottleneck: norm and ReLU before each convolution; the first ones on their own."""
        y = n.act(x, "relu", name)
        n.params += 2 * x.c
        y = n.conv(n.conv(y, k // 2, name=name + "_conv1"), k // 2, 3, name=name + "_conv2")
        y = n.conv(y, k, name=name + "_conv3", act=None, bias="bias")
        skip = x if k == x.c else n.conv(x, k, name=name + "_skip", act=None, bias="bias")
        return n.sum(y, skip, name + "_add")

    def pair(x, name):
        return residual(residual(x, 256, name + "_1"), 256, name + "_2")

    def hourglass(x, depth, name):
        up = pair(x, f"{name}_up{depth}")
        low = pair(n.max_pool(x, 2, 2, name=f"{name}_pool{depth}"), f"{name}_low{depth}")
        low = hourglass(low, depth - 1, name) if depth > 1 else pair(low, f"{name}_middle")
        low = pair(low, f"{name}_out{depth}")
        return n.sum(n.resize(low, up.h, up.w, f"{name}_resize{depth}"), up, f"{name}_sum{depth}")

    x = n.conv(n.input(3, size, size), 64, 7, 2, name="stem", bias="norm")
    x = n.max_pool(residual(x, 128, "first"), 2, 2)
    x = residual(residual(x, 128, "second"), 256, "third")
    for i in (1, 2):
        y = pair(hourglass(x, 4, f"glass{i}"), f"glass{i}_end")
        y = n.conv(y, 256, name=f"glass{i}_lin")
        heat = n.conv(y, 21, name=f"glass{i}_heatmaps", act=None, bias="bias")
        back = n.sum(n.conv(y, 256, name=f"glass{i}_back", act=None, bias="bias"),
                     n.conv(heat, 256, name=f"glass{i}_heat_back", act=None, bias="bias"), f"glass{i}_back_add")
        x = n.sum(x, back, f"glass{i}_merge")
    for i in range(1, 5):
        x = pair(x, f"encode{i}")
        x = n.max_pool(x, 2, 2, name=f"encode{i}_pool") if i < 4 else x
    x = n.conv(x, 512, (x.h, x.w), name="latent", pad=(0, 0, 0, 0), bias="norm")  # 256 x 4 x 4 = 4096 values
    x = n.conv(x, 5120, name="coarse", bias="bias")

    def graph(x, k, name, act="relu"):
        """Chebyshev convolution of order 3; the mesh's sparse Laplacian as a window of 7 vertices."""
        def laplacian(x, name):
            return n.conv(x, x.c, (7, 1), g=x.c, name=name, act=None, shared=True)
        x1 = laplacian(x, name + "_laplacian1")
        x2 = n.add("sub", name + "_order2", [laplacian(x1, name + "_laplacian2"), x], (x.c, x.h, 1), y_scale=SCALE)
        y = n.concat(n.concat(x, x1, name + "_concat1"), x2, name + "_concat2")
        return n.conv(y, k, name=name, act=act)

    x = n.requantise(n.view(x, 64, 80, 1), "vertices")  # 5120 values are 80 vertices of 64 features
    x = graph(x, 64, "mesh1")
    x = graph(x, 32, "mesh2")
    x = graph(n.resize(x, 320, 1, "mesh_up1"), 32, "mesh3")
    mesh = graph(n.resize(x, 1280, 1, "mesh_up2"), 3, "mesh", act=None)
    x = graph(graph(mesh, 32, "pose1"), 32, "pose2")
    x = n.add("max_pool", "pose_pool1", [x], (32, 80, 1), kernel=[16, 1], stride=[16, 1])
    x = graph(graph(x, 64, "pose3"), 64, "pose4")
    x = n.add("max_pool", "pose_pool2", [x], (64, 8, 1), kernel=[10, 1], stride=[10, 1])
    x = n.conv(x, 512, (8, 1), name="pose_fc1", pad=(0, 0, 0, 0), bias="bias")
    n.fc(x, 20, "pose_depths")
    return n


def ss_hrvit_b1(h=224, w=224, classes=1000):
    n = Net("HRViT-b1 (Gu et al., CVPR 2022), with its classification head")
    windows = {32: 1, 64: 2, 128: 7, 256: 7}  # rows or columns of a stripe

    def attention(q, v, rows, cols, name):
        """Stripes of consecutive pixels; keys are the values."""
        stripes = q.h * q.w // (rows * cols)
        keys = n.transpose(n.view(v, v.c, stripes, rows * cols), "cw", name + "_keys")
        p = n.softmax(n.product(q, keys, stripes, name + "_scores"), name + "_softmax")
        return n.product(p, v, stripes, name + "_context")

    def block(x, name):
        """Cross-shaped attention, half of the channels along rows, half along columns; then a mixed-scale MLP."""
        c, half, rows = x.c, x.c // 2, windows[x.c]
        a = n.norm(x, name + "_norm1")
        qv = n.conv(a, 2 * c, name=name + "_query_value", act=None, bias="bias")
        parts = {}
        for i, part in enumerate(("rows_q", "columns_q", "rows_v", "columns_v")):
            parts[part] = n.slice(qv, i * half, half, f"{name}_{part}")
        across = attention(parts["rows_q"], parts["rows_v"], rows, x.w, name + "_rows")
        q, v = (n.transpose(parts[p], "hw", f"{name}_{p}_turned") for p in ("columns_q", "columns_v"))
        down = attention(q, v, rows, x.h, name + "_columns")
        down = n.transpose(n.view(down, half, x.w, x.h), "hw", name + "_columns_back")
        y = n.concat(n.view(across, half, x.h, x.w), down, name + "_concat")
        local = n.depthwise(n.slice(qv, c, c, name + "_value"), 3, name=name + "_local", act="hard_swish", bias="bias")
        y = n.conv(n.sum(y, local, name + "_local_add"), c, name=name + "_project", act=None, bias="bias")
        # diversity-enhancing shortcut: a Kronecker product of two projections, shared by its groups
        outer = {32: 8, 64: 8, 128: 16, 256: 16}[c]
        d = n.conv(a, c, g=c // outer, name=name + "_shortcut1", act="hard_swish", bias=None, shared=True)
        d = n.conv(d, c, g=outer, name=name + "_shortcut2", act=None, bias=None, shared=True)
        n.params += outer ** 2 + (c // outer) ** 2
        x = n.sum(n.sum(y, d, name + "_shortcut_add"), x, name + "_add1")
        a = n.conv(n.norm(x, name + "_norm2"), 4 * c, name=name + "_mlp1", act=None, bias="bias")
        parts = [n.depthwise(n.slice(a, i * 2 * c, 2 * c, f"{name}_mlp_part{i}"), r, name=f"{name}_mlp_scale{r}", act=None,
                             bias="bias") for i, r in ((0, 3), (1, 5))]
        a = n.act(n.concat(*parts, name + "_mlp_concat"), "gelu", name + "_mlp")
        return n.sum(n.conv(a, c, name=name + "_mlp2", act=None, bias="bias"), x, name + "_add2")

    def embed(x, k, name):
        return n.depthwise(n.conv(x, k, name=name + "_point", act=None, bias=None), 3, name=name + "_depthwise", act=None)

    def fuse(xs, outs, name):
        """Every branch to every resolution: 1x1 and nearest upwards, depthwise of the stride and 1x1 downwards."""
        result = []
        for o in range(outs):
            y = None
            c = 32 << o
            for i, x in enumerate(xs):
                step = f"{name}_{i}to{o}"
                if i > o:
                    t = n.conv(x, c, name=step, act=None)
                    t = n.resize(t, t.h << (i - o), t.w << (i - o), step + "_up")
                elif i < o:
                    s = 1 << (o - i)
                    t = n.conv(n.depthwise(x, s + 1, s, name=step + "_depthwise", act=None), c, name=step, act=None)
                else:
                    t = x
                y = t if y is None else n.sum(y, t, step + "_add", relu=i == len(xs) - 1)
            result.append(y)
        return result

    x = n.conv(n.conv(n.input(3, h, w), 32, 3, 2, name="stem1"), 64, 3, 2, name="stem2")
    xs = [block(block(embed(x, 32, "stage1_embed"), "stage1_1"), "stage1_2")]
    # blocks of each branch in the modules of stages 2 to 4, as listed
    stages = [[(1, 1)], [(1, 1, 6), (1, 1, 6)], [(1, 1, 6, 2), (1, 1, 2, 2)]]
    for s, modules in enumerate(stages, 2):
        x = xs[-1]
        if s == 2:
            xs = xs + [n.conv(n.depthwise(x, 3, 2, name="transition", act=None), 64, name="transition_point", act=None)]
        for m, counts in enumerate(modules, 1):
            if (s, m) != (2, 1):
                xs = fuse(xs, len(counts), f"fuse{s}_{m}")
            for b, count in enumerate(counts):
                name = f"stage{s}_module{m}_branch{b}"
                xs[b] = embed(xs[b], xs[b].c, name + "_embed")
                for i in range(1, count + 1):
                    xs[b] = block(xs[b], f"{name}_{i}")
    y = None
    for b, x in enumerate(xs):
        x = bottleneck(n, x, 32 << b, 128 << b, 1, f"head{b}")
        y = x if y is None else n.sum(n.conv(y, 128 << b, 3, 2, name=f"head{b}_down", bias="norm"), x, f"head{b}_sum")
    x = n.conv(y, 2048, name="head_final")
    n.fc(n.global_pool(x), classes, "classes")
    return n


# ------------------------------------------------------------------------------------------------------------- figures

def list_weights():
    """Weights of the published layer lists, everything dense."""
    with (ROOT / "published" / "model_summary.csv").open(newline="") as file:
        return {row["task"]: int(row["weights_dense"]) for row in csv.DictReader(file)}


def figures():
    """(what, ours, published, deviation allowed, where that is from). "recalled": from the network's paper, from memory."""
    lists = list_weights()
    plain, fbnet, hrvit, planes = ge_fbnet_c(), ge_fbnet_c(224, 224), ss_hrvit_b1(), pd_plane_rcnn()
    return [
        ("RITNet, parameters", es_ritnet().params, 248900, 0, "recalled"),
        ("RITNet at 640x400, MAC", es_ritnet(640, 400).macs, 16.5e9, 0.01, "recalled"),
        ("FBNet-C, parameters", fbnet.params, 5.5e6, 0.02, "recalled"),
        ("FBNet-C at 224x224, MAC", fbnet.macs, 375e6, 0.02, "recalled"),
        ("FBNet-C, parameters", plain.params, 5.525e6, 0.01, "list, depthwise layers depthwise"),
        ("res8-narrow, parameters", kd_res8_narrow().params, 19.9e3, 0.01, "recalled; list"),
        ("MiDaS v2.1 small, parameters", de_midas_small().params, 16.6e6, 0.01, "recalled"),
        ("MiDaS v2.1 small at 192x256, MAC", de_midas_small().macs, 3.43e9, 0.01, "list, backbone depthwise"),
        ("HRViT-b1, parameters", hrvit.params, 19.7e6, 0.01, "recalled"),
        ("HRViT-b1 at 224x224, MAC", hrvit.macs, 2.7e9, 0.06, "recalled"),
        ("ResNet-101 without classifier, parameters", planes.backbone_params, 42.5e6, 0.01, "recalled"),
        ("PlaneRCNN, parameters", planes.params, lists["PD"], 0.01, "list"),
        ("Faster R-CNN FBNetV3-A, parameters", od_d2go().params, 5.27e6, 0.02, "list, depthwise layers depthwise"),
        ("Emformer EM-24L, parameters", sr_emformer().params, lists["SR"], 0.01, "list"),
        ("ED-TCN, parameters", as_ed_tcn().params, lists["AS"], 0.01, "list"),
        ("RGBd-200, parameters", dr_sparse_to_dense().params, lists["DR"], 0.01, "list"),
        ("Hand graph CNN, parameters", ht_graph_cnn().params, lists["HT"], 0.01, "list"),
    ]


# --------------------------------------------------------------------------------------------------------------- files

# File (as in models/published), published layer list, network.
NETWORKS = [("as-ed-tcn", as_ed_tcn), ("asr-em-24l", sr_emformer), ("de-midas-v21-small", de_midas_small),
            ("dr-rgbd-200", dr_sparse_to_dense), ("es-ritnet", es_ritnet), ("ge-fbnet-c", ge_fbnet_c),
            ("ht-hand-graph-cnn-half", ht_graph_cnn), ("kd-res8-narrow", kd_res8_narrow), ("od-d2go-fasterrcnn", od_d2go),
            ("pd-plane-rcnn-quarter", pd_plane_rcnn), ("ss-hrvit-b1", ss_hrvit_b1)]


def file_text(name, net, script, readme):
    return "\n".join([
        "# SPDX-License-Identifier: Apache-2.0",
        f"# Made by scripts/{script}; do not edit. What is assumed: {readme}.",
        f"model: {name}",
        f'source: "{net.title}"',
        "layers:",
        *net.lines,
        *getattr(net, "extra", [])]) + "\n"


def write_models(usage, script, readme, folder, networks, totals):
    """What a script's arguments ask for: files of its networks and totals.csv, a check, or tables."""
    if sys.argv[1:] not in ([], ["--check"], ["--table"]):
        sys.exit(usage)
    for what, ours, published, allowed, source in totals:
        off = ours / published - 1
        if "--table" in sys.argv:
            print(f"| {what} | {ours:,} | {published:,.0f} | {100 * off:+.1f} % | {source} |")
        if abs(off) > allowed:
            sys.exit(f"{what}: {ours}, published {published:.0f} ({source}): {100 * off:+.2f} % off, at most {100 * allowed} % allowed")
    nets = [(name, build()) for name, build in networks]
    files = {folder / f"{name}.yaml": file_text(name, net, script, readme) for name, net in nets}
    files[folder / "totals.csv"] = "model,layers,macs,params\n" + "".join(
        f"{name},{len(net.lines)},{net.macs},{net.params}\n" for name, net in nets)
    if "--check" in sys.argv:
        stale = [str(path) for path, text in files.items() if not path.exists() or path.read_text() != text]
        if stale:
            sys.exit(f"not what scripts/{script} makes: " + ", ".join(stale))
    elif "--table" in sys.argv:
        for name, net in nets:
            print(f"| `{name}` | {len(net.lines)} | {net.macs / 1e9:.3f} | {net.params / 1e6:.3f} |")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text)


def main():
    write_models(__doc__, pathlib.Path(__file__).name, "scenarios/xrbench/README.md", FOLDER, NETWORKS, figures())


if __name__ == "__main__":
    main()
