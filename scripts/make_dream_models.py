#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the networks of DREAM's scenarios from their architectures.

usage: scripts/make_dream_models.py [--check | --table]

Writes scenarios/dream/models/*.yaml, and beside them totals.csv: layers, multiply-accumulates and parameters of each.
--check writes nothing and fails if a file would change. --table prints the totals beside published figures. Every mode
fails if a total is further from its published figure than figures() allows. What is assumed about each network:
scenarios/dream/README.md. Layers and networks that XRBench has too: scripts/make_xrbench_models.py.
"""

import pathlib
import sys

import make_xrbench_models as xrbench

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "scenarios" / "dream" / "models"


class Net(xrbench.Net):
    """With blocks that frames skip and exits where they end."""

    def __init__(self, title):
        super().__init__(title)
        self.extra = []  # lines behind the layers

    def block(self, name, first, last, probability):
        """Layers `first` to `last` are skipped in that share of the frames."""
        if not any(line.startswith("blocks:") for line in self.extra):
            self.extra.append("blocks:")
        self.extra.append(f"  - {{name: {name}, layers: [{first}, {last}], skip_probability: {probability}}}")

    def exit(self, after, probability):
        if not any(line.startswith("exits:") for line in self.extra):
            self.extra.append("exits:")
        self.extra.append(f"  - {{after: {after.name}, probability: {probability}}}")

    def row(self, x, i, name):
        """Pixel i of a row."""
        return self.add("slice", name, [x], (x.c, 1, 1), **{"from": [0, 0, i], "size": [1, 1]})

    def pool(self, x, r, s, name):
        """Rows and columns of their own."""
        h, w = (x.h - r[0]) // s[0] + 1, (x.w - r[1]) // s[1] + 1
        return self.add("max_pool", name, [x], (x.c, h, w), kernel=list(r), stride=list(s))


# ------------------------------------------------------------------------------------------------------------ networks


def fbnet_c():
    return xrbench.ge_fbnet_c(classes=3)


def kws_res8():
    return xrbench.kd_res8(45, 101, 40, "res8 (Tang and Lin, ICASSP 2018)")


def ed_tcn():
    return xrbench.as_ed_tcn()


def mobilenet_v2(n, x, classes=0):
    """Returns the last features and those of the last expansion before the fifth stride."""
    x = n.conv(x, 32, 3, 2, name="stem")
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    tap = None
    for stage, (e, k, count, s) in enumerate(stages, 1):
        for i in range(1, count + 1):
            name = f"stage{stage}_{i}"
            if k == 160 and i == 1:
                tap = n.conv(x, e * x.c, name=name + "_expand")
                x = n.conv(n.depthwise(tap, 3, s, name=name + "_depthwise"), k, name=name + "_project", act=None)
            else:
                x = n.inverted(x, e * x.c, k, 3, s if i == 1 else 1, name)
    x = n.conv(x, 1280, name="head")
    if classes:
        n.fc(n.global_pool(x), classes, "classes")
    return x, tap


def ssd_mobilenet_v2(size=320, classes=81):
    n = Net("SSD on MobileNetV2 (Sandler et al., CVPR 2018; Liu et al., ECCV 2016)")
    x, tap = mobilenet_v2(n, n.input(3, size, size))
    n.backbone_macs, n.backbone_params = n.macs, n.params
    maps = [tap, x]
    for i, (mid, k) in enumerate(((256, 512), (128, 256), (128, 256), (64, 128)), 1):
        x = n.conv(n.conv(x, mid, name=f"extra{i}_reduce"), k, 3, 2, name=f"extra{i}")
        maps.append(x)
    for i, x in enumerate(maps, 1):  # classes and places of the boxes: one convolution
        n.conv(x, (classes + 4) * (3 if i == 1 else 6), 3, name=f"boxes{i}", act=None, bias="bias")
    return n


def hand_pose_net(size=128):
    n = Net("PoseNet (Zimmermann and Brox, ICCV 2017)")
    x = n.input(3, size, size)
    for block, (count, k) in enumerate(((2, 64), (2, 128), (4, 256), (2, 512)), 1):
        for i in range(1, count + 1):
            x = n.conv(x, k, 3, name=f"conv{block}_{i}", bias="bias")
        x = n.max_pool(x, 2, 2, name=f"pool{block}") if block < 4 else x
    for i in range(3, 7):
        x = n.conv(x, 256, 3, name=f"conv4_{i}", bias="bias")
    encoding = n.conv(x, 128, 3, name="encoding", bias="bias")
    score = n.conv(n.conv(encoding, 512, name="score1_hidden", bias="bias"), 21, name="score1", act=None, bias="bias")
    for stage in (2, 3):
        x = n.concat(encoding, score, f"stage{stage}")
        for i in range(1, 6):
            x = n.conv(x, 128, 7, name=f"stage{stage}_conv{i}", bias="bias")
        x = n.conv(x, 128, name=f"stage{stage}_conv6", bias="bias")
        score = n.conv(x, 21, name=f"score{stage}", act=None, bias="bias")
    return n


def mobilenet_v3(n, x, blocks, classes=1000):
    """blocks: kernel, expanded channels, output channels, squeeze and excitation, activation, stride."""
    x = n.conv(x, 16, 3, 2, name="stem", act="hard_swish")
    for i, (r, e, k, se, act, s) in enumerate(blocks, 1):
        x = n.inverted(x, e, k, r, s, f"block{i}", act, max(8, (e // 4 + 4) // 8 * 8) if se else None)
    x = n.conv(x, 960, name="head", act="hard_swish")
    x = n.fc(n.global_pool(x), 1280, "features", "hard_swish")
    n.fc(x, classes, "classes")
    return n


def mobilenet_v3_large():
    relu, swish = "relu", "hard_swish"
    blocks = [(3, 16, 16, 0, relu, 1), (3, 64, 24, 0, relu, 2), (3, 72, 24, 0, relu, 1), (5, 72, 40, 1, relu, 2),
              (5, 120, 40, 1, relu, 1), (5, 120, 40, 1, relu, 1), (3, 240, 80, 0, swish, 2), (3, 200, 80, 0, swish, 1),
              (3, 184, 80, 0, swish, 1), (3, 184, 80, 0, swish, 1), (3, 480, 112, 1, swish, 1), (3, 672, 112, 1, swish, 1),
              (5, 672, 160, 1, swish, 2), (5, 960, 160, 1, swish, 1), (5, 960, 160, 1, swish, 1)]
    n = Net("MobileNetV3-Large (Howard et al., ICCV 2019)")
    return mobilenet_v3(n, n.input(3, 224, 224), blocks)


def ofa(depth, ratio, kernel, size):
    """A sub-network of OFA's MobileNetV3 space that has one depth, expansion and kernel everywhere."""
    n = Net(f"Once-for-All sub-network: depth {depth}, expansion {ratio}, kernel {kernel} (Cai et al., ICLR 2020)")
    blocks, c = [(3, 16, 16, 0, "relu", 1)], 16
    stages = [(24, 2, 0, "relu"), (40, 2, 1, "relu"), (80, 2, 0, "hard_swish"), (112, 1, 1, "hard_swish"),
              (160, 2, 1, "hard_swish")]
    for k, s, se, act in stages:
        for i in range(depth):
            blocks.append((kernel, c * ratio, k, se, act, s if i == 0 else 1))
            c = k
    return mobilenet_v3(n, n.input(3, size, size), blocks)


def gnmt(steps=2, layers=4, d=1024, vocabulary=32000):
    """`steps` source words, `steps` target words. The input is a row of vectors: embedded source words, embedded target
    words, and the hidden and cell state that everything begins with."""
    n = Net(f"GNMT (Wu et al., arXiv 1609.08144), {layers} layers as in MLPerf, {steps} words to {steps} words")
    x = n.input(d, 1, 2 * steps + 2)
    words = [n.row(x, i, f"word{i}") for i in range(2 * steps)]
    start = (n.row(x, 2 * steps, "hidden0"), n.row(x, 2 * steps + 1, "cell0"))

    first = {}  # layer whose weights a step's layer has: that of the first step

    def weighted(x, k, what, name):
        y = n.conv(x, k, name=name, act=None, bias="bias", shared=what in first)
        if what in first:
            n.lines[-1] = n.lines[-1].replace("{name:", "{constants_of: " + first[what] + ", name:")
        first.setdefault(what, y.name)
        return y

    def cell(parts, state, what, name):
        """An LSTM cell of concatenated inputs."""
        for i, part in enumerate(parts[1:] + [state[0]]):
            parts[0] = n.concat(parts[0], part, f"{name}_in{i}")
        gates = weighted(parts[0], 4 * d, what, name)
        s = n.act(n.slice(gates, 0, 3 * d, name + "_ifo"), "sigmoid", name)
        g = n.act(n.slice(gates, 3 * d, d, name + "_g"), "tanh", name + "_g")
        i, f, o = (n.slice(s, j * d, d, f"{name}_{gate}") for j, gate in enumerate("ifo"))
        c = n.sum(n.mul(f, state[1], name + "_keep"), n.mul(i, g, name + "_new"), name + "_cell")
        return n.mul(o, n.act(c, "tanh", name + "_cell"), name + "_hidden"), c

    def run(inputs, what, order):
        state, outputs = start, {}
        for t in order:
            state = cell([inputs[t]], state, what, f"{what}_{t}")
            outputs[t] = state[0]
        return [outputs[t] for t in sorted(outputs)]

    forward = run(words[:steps], "encode1", range(steps))
    backward = run(words[:steps], "encode1_back", reversed(range(steps)))
    xs = [n.concat(f, b, f"both_{t}") for t, (f, b) in enumerate(zip(forward, backward))]
    for i in range(2, layers + 1):
        ys = run(xs, f"encode{i}", range(steps))
        xs = [n.sum(x, y, f"encode{i}_{t}_residual") for t, (x, y) in enumerate(zip(xs, ys))] if i > 2 else ys
    memory = xs[0]
    for t in range(1, steps):
        memory = n.concat(memory, xs[t], f"memory{t}")
    memory = n.transpose(n.view(memory, 16, steps, d // 16), "hw", "memory")
    memory = n.requantise(n.view(memory, d, 1, steps), "memory_words")
    keys = n.conv(memory, d, name="keys", act=None, bias=None)
    states, context = [start] * layers, start[0]
    for t in range(steps):
        x = words[steps + t]
        for i in range(layers):
            y, c = cell([x, context], states[i], f"decode{i + 1}", f"decode{i + 1}_{t}")
            states[i] = (y, c)
            if i == 0:  # attention of Bahdanau et al.
                query = weighted(y, d, "query", f"query_{t}")
                a = n.act(n.sum(keys, query, f"attend_{t}"), "tanh", f"attend_{t}")
                a = n.transpose(weighted(a, 1, "energy", f"energy_{t}"), "cw", f"energies_{t}")
                context = n.product(n.softmax(a, f"attention_{t}"), memory, 1, f"context_{t}")
            x = n.sum(x, y, f"decode{i + 1}_{t}_residual") if i > 1 else y
        weighted(x, vocabulary, "logits", f"logits_{t}")
    return n


def skip_net(size=224, classes=1000, skip="0.3"):
    """ResNet-101; a gate before each block whose input and output have the same shape."""
    n = Net("SkipNet on ResNet-101 (Wang et al., ECCV 2018)")
    x = n.max_pool(n.conv(n.input(3, size, size), 64, 7, 2, name="stem"), 3, 2, 1)
    n.gate_macs = n.gate_params = 0
    for stage, (k, count) in enumerate(((256, 3), (512, 4), (1024, 23), (2048, 3)), 1):
        for i in range(1, count + 1):
            name = f"stage{stage}_{i}"
            if i > 1:
                macs, params = n.macs, n.params
                n.fc(n.fc(n.global_pool(x, name + "_gate_pool"), 10, name + "_gate_in", "relu"), 1, name + "_gate")
                n.gate_macs += n.macs - macs
                n.gate_params += n.params - params
            x = xrbench.bottleneck(n, x, k // 4, k, 2 if i == 1 and stage > 1 else 1, name)
            if i > 1:
                n.block(name, name + "_conv1", x.name, skip)
    n.fc(n.global_pool(x), classes, "classes")
    return n


def vgg16_features(n, x):
    """Its pools."""
    pools = []
    for block, (count, k) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        for i in range(1, count + 1):
            x = n.conv(x, k, 3, name=f"conv{block}_{i}", bias="bias")
        x = n.max_pool(x, 2, 2, name=f"pool{block}")
        pools.append(x)
    return pools


def vgg16():
    n = Net("VGG-16 (Simonyan and Zisserman, ICLR 2015)")
    x = vgg16_features(n, n.input(3, 224, 224))[-1]
    x = n.conv(x, 4096, 7, name="fc6", pad=(0, 0, 0, 0), bias="bias")
    n.fc(n.fc(x, 4096, "fc7", "relu"), 1000, "fc8")
    return n


def focal_length_depth(size=224):
    n = Net("Depth with embedded focal length on VGG-16 (He, Wang and Hu, TIP 2018)")
    pools = vgg16_features(n, n.input(3, size, size))
    n.backbone_macs, n.backbone_params = n.macs, n.params
    x = pools[-1]
    whole = n.fc(n.conv(x, 512, x.h, name="whole", pad=(0, 0, 0, 0), bias="bias"), 512, "whole_focal", "relu")
    x = n.sum(n.conv(x, 512, name="local", bias="bias"), whole, "local_whole")
    for i, (k, skip) in enumerate(zip((256, 128, 64, 32), reversed(pools[:-1])), 1):
        x = n.deconv(x, k, 5, 2, 2, 1, f"up{i}", bias="bias")
        x = n.sum(x, n.conv(skip, k, name=f"up{i}_skip", bias="bias"), f"up{i}_sum")
    n.conv(x, 1, 3, name="depth", act=None, bias="bias")
    return n


def vgg_vox_celeb(outputs=256):
    n = Net("VGG-M of VoxCeleb (Nagrani et al., Interspeech 2017)")
    x = n.conv(n.input(1, 512, 300), 96, 7, 2, name="conv1", pad=(1, 1, 1, 1))
    x = n.pool(x, (3, 3), (2, 2), "pool1")
    x = n.pool(n.conv(x, 256, 5, 2, name="conv2", pad=(1, 1, 1, 1)), (3, 3), (2, 2), "pool2")
    x = n.conv(n.conv(n.conv(x, 384, 3, name="conv3"), 256, 3, name="conv4"), 256, 3, name="conv5")
    x = n.pool(x, (5, 3), (3, 2), "pool5")
    x = n.global_pool(n.conv(x, 4096, (9, 1), name="fc6", pad=(0, 0, 0, 0)), "pool6")
    n.fc(n.fc(x, 1024, "fc7", "relu", bias="norm"), outputs, "embedding")
    return n


def resnet18_features(n, x):
    x = n.max_pool(n.conv(x, 64, 7, 2, name="stem"), 3, 2, 1)
    for stage, k in enumerate((64, 128, 256, 512), 1):
        for i in (1, 2):
            x = xrbench.basic(n, x, k, 2 if stage > 1 and i == 1 else 1, f"layer{stage}_{i}")
    return n.global_pool(x)


def resnet18():
    n = Net("ResNet-18 (He et al., CVPR 2016)")
    n.fc(resnet18_features(n, n.input(3, 224, 224)), 1000, "classes")
    return n


def trail_net():
    n = Net("TrailNet, s-ResNet-18 (Smolyanskiy et al., IROS 2017)")
    x = resnet18_features(n, n.input(3, 180, 320))
    for what in ("orientation", "offset"):
        n.softmax(n.fc(x, 3, what), what + "_probabilities")
    return n


def sos_net(across=8):
    """across x across patches of 32x32, side by side in one image."""
    n = Net("SOSNet, the architecture of L2-Net (Tian et al., CVPR 2019)")
    x = n.input(1, 32 * across, 32 * across)
    for i, (k, s) in enumerate(((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)), 1):
        x = n.conv(x, k, 3, s, name=f"conv{i}", bias=None)
    n.conv(x, 128, 8, 8, name="descriptors", act=None, pad=(0, 0, 0, 0), bias=None)
    return n


def rapid_rl(actions=25):
    n = Net("RAPID-RL (Kosta et al., ICRA 2022) on PEDRA's C3F2")

    def q_values(x, name):
        hidden = n.conv(x, 1024 if name == "q" else 128, (x.h, x.w), name=name + "_hidden", pad=(0, 0, 0, 0), bias="bias")
        return n.fc(hidden, actions, name)

    x = n.conv(n.input(3, 103, 103), 96, 7, 4, name="conv1", pad=(0, 0, 0, 0), bias="bias")
    x = n.pool(x, (3, 3), (2, 2), "pool1")
    n.exit(q_values(n.max_pool(x, 3, 3, name="exit1_pool"), "exit1"), "0.4")
    x = n.conv(x, 64, 5, name="conv2", pad=(0, 0, 0, 0), bias="bias")
    x = n.pool(x, (2, 2), (2, 2), "pool2")
    n.exit(q_values(x, "exit2"), "0.4")
    q_values(n.conv(x, 64, 3, name="conv3", bias="bias"), "q")
    return n


def googlenet(classes=1000):
    n = Net("GoogLeNet (Szegedy et al., CVPR 2015)" + ("" if classes == 1000 else ", for the cars of CompCars"))
    x = n.max_pool(n.conv(n.input(3, 224, 224), 64, 7, 2, name="conv1", bias="bias"), 3, 2, 1, name="pool1")
    x = n.conv(n.conv(x, 64, name="conv2_reduce", bias="bias"), 192, 3, name="conv2", bias="bias")
    x = n.max_pool(x, 3, 2, 1, name="pool2")
    modules = [("3a", 64, 96, 128, 16, 32, 32), ("3b", 128, 128, 192, 32, 96, 64), None,
               ("4a", 192, 96, 208, 16, 48, 64), ("4b", 160, 112, 224, 24, 64, 64), ("4c", 128, 128, 256, 24, 64, 64),
               ("4d", 112, 144, 288, 32, 64, 64), ("4e", 256, 160, 320, 32, 128, 128), None,
               ("5a", 256, 160, 320, 32, 128, 128), ("5b", 384, 192, 384, 48, 128, 128)]
    for module in modules:
        if module is None:
            x = n.max_pool(x, 3, 2, 1)
            continue
        name, k1, r3, k3, r5, k5, kp = module
        y = n.concat(n.conv(x, k1, name=f"{name}_1x1", bias="bias"),
                     n.conv(n.conv(x, r3, name=f"{name}_3x3_reduce", bias="bias"), k3, 3, name=f"{name}_3x3", bias="bias"),
                     f"{name}_concat1")
        z = n.concat(n.conv(n.conv(x, r5, name=f"{name}_5x5_reduce", bias="bias"), k5, 5, name=f"{name}_5x5", bias="bias"),
                     n.conv(n.max_pool(x, 3, 1, 1, name=f"{name}_pool"), kp, name=f"{name}_project", bias="bias"),
                     f"{name}_concat2")
        x = n.concat(y, z, f"{name}_concat3")
    n.softmax(n.fc(n.global_pool(x), classes, "classes"), "probabilities")
    return n


# ------------------------------------------------------------------------------------------------------------- figures


def figures():
    """(what, ours, published, deviation allowed, where that is from). "recalled": from the network's paper, from memory."""
    v2, v3, ssd, skip, vgg = Net("MobileNetV2"), mobilenet_v3_large(), ssd_mobilenet_v2(), skip_net(), vgg16()
    mobilenet_v2(v2, v2.input(3, 224, 224), 1000)
    resnet, vox, sos, google, words = resnet18(), vgg_vox_celeb(1251), sos_net(), googlenet(), gnmt(1, 8)
    embeddings = 2 * 32000 * 1024
    fbnet, res8 = xrbench.ge_fbnet_c(224, 224), kws_res8()
    return [
        ("FBNet-C at 224x224, parameters", fbnet.params, 5.5e6, 0.02, "recalled"),
        ("FBNet-C at 224x224, MAC", fbnet.macs, 375e6, 0.02, "recalled"),
        ("res8, parameters", res8.params, 110e3, 0.02, "recalled"),
        ("MobileNetV2 at 224x224, parameters", v2.params, 3.4e6, 0.04, "recalled"),
        ("MobileNetV2 at 224x224, MAC", v2.macs, 300e6, 0.02, "recalled"),
        ("SSD's layers on MobileNetV2, parameters", ssd.params - ssd.backbone_params, 14.8e6, 0.01, "recalled"),
        ("SSD's layers on MobileNetV2 at 320x320, MAC", ssd.macs - ssd.backbone_macs, 1.25e9, 0.02, "recalled"),
        ("MobileNetV3-Large at 224x224, parameters", v3.params, 5.4e6, 0.02, "recalled; the code of OFA"),
        ("MobileNetV3-Large at 224x224, MAC", v3.macs, 219e6, 0.02, "recalled; the code of OFA"),
        ("GNMT of 8 layers with its embeddings, parameters", words.params + embeddings, 278e6, 0.02, "recalled from Shazeer et al., ICLR 2017"),
        ("GNMT of 8 layers, MAC for a word", words.macs, 214e6, 0.02, "recalled from Shazeer et al., ICLR 2017"),
        ("GNMT of 4 layers with one embedding, parameters", gnmt(1).params + embeddings // 2, 160e6, 0.04, "recalled from MLPerf"),
        ("ResNet-101, parameters", skip.params - skip.gate_params, 44.5e6, 0.01, "recalled"),
        ("ResNet-101 at 224x224, MAC", skip.macs - skip.gate_macs, 7.8e9, 0.02, "recalled"),
        ("VGG-16, parameters", vgg.params, 138e6, 0.01, "recalled; the code of FocalLengthDepth"),
        ("VGG-16 at 224x224, MAC", vgg.macs, 15.5e9, 0.01, "recalled; the code of FocalLengthDepth"),
        ("ED-TCN, parameters", ed_tcn().params, xrbench.list_weights()["AS"], 0.01, "XRBench's list"),
        ("VGG-M of VoxCeleb with 1251 speakers, parameters", vox.params, 17e6, 0.06, "recalled: 68 MB"),
        ("ResNet-18, parameters", resnet.params, 11.7e6, 0.01, "recalled; the code of TrailNet"),
        ("ResNet-18 at 224x224, MAC", resnet.macs, 1.82e9, 0.01, "recalled; the code of TrailNet"),
        ("L2-Net, parameters", sos.params, 1.34e6, 0.01, "recalled"),
        ("L2-Net, MAC for a patch", sos.macs // 64, 39.1e6, 0.01, "by hand from its table"),
        ("GoogLeNet, parameters", google.params, 7.0e6, 0.01, "recalled"),
        ("GoogLeNet at 224x224, MAC", google.macs, 1.5e9, 0.07, "recalled"),
    ]


# --------------------------------------------------------------------------------------------------------------- files

NETWORKS = [("ed-tcn", ed_tcn), ("fbnet-c", fbnet_c), ("focal-length-depth", focal_length_depth), ("gnmt", gnmt),
            ("googlenet-car", lambda: googlenet(431)), ("hand-pose-net", hand_pose_net), ("kws-res8", kws_res8),
            ("ofa-d4-e6-k7", lambda: ofa(4, 6, 7, 224)), ("ofa-d4-e4-k5", lambda: ofa(4, 4, 5, 192)),
            ("ofa-d3-e4-k3", lambda: ofa(3, 4, 3, 160)), ("ofa-d2-e3-k3", lambda: ofa(2, 3, 3, 128)),
            ("rapid-rl", rapid_rl), ("skip-net", skip_net), ("sos-net", sos_net), ("ssd-mobilenet-v2", ssd_mobilenet_v2),
            ("trail-net", trail_net), ("vgg-voxceleb", vgg_vox_celeb)]


def main():
    xrbench.write_models(__doc__, pathlib.Path(__file__).name, "scenarios/dream/README.md", FOLDER, NETWORKS, figures())


if __name__ == "__main__":
    main()
