"""The training step of `shared/model/model.ts` in PyTorch: prints steps a second. Called by `train.ts` with one JSON object."""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

given = json.loads(sys.argv[1])
torch.set_num_threads(given["threads"])
torch.manual_seed(1)
device = given.get("device", "cpu")
B, L, V, d = given["sequences"], given["length"], given["items"], given["width"]
H, f, S = given["heads"], given["hidden"], given["sample"]
D = d // H


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.gain


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.up, self.down = nn.Linear(d, 2 * f, bias=False), nn.Linear(f, d, bias=False)
        self.distance = nn.Parameter(torch.zeros(L, H))
        back = torch.arange(L)[:, None] - torch.arange(L)[None, :]
        self.register_buffer("back", back.clamp(min=0))
        self.register_buffer("outside", torch.where(back < 0, -1e9, 0.0))
        self.drop = nn.Dropout(given["dropout"])

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).view(B, L, 3, H, D).permute(2, 0, 3, 1, 4)
        bias = self.distance[self.back].permute(2, 0, 1) + self.outside
        mixed = torch.softmax(q @ k.transpose(-1, -2) / D**0.5 + bias, -1) @ v
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(B, L, d)))
        gate, value = self.up(self.norm2(x)).split(f, -1)
        return x + self.drop(self.down(F.silu(gate) * value))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.id, self.action, self.gap = nn.Embedding(V, d), nn.Embedding(8, d), nn.Embedding(24, d)
        nn.init.normal_(self.id.weight, std=0.02)
        self.bias = nn.Parameter(torch.zeros(V))
        self.blocks = nn.ModuleList(Block() for _ in range(given["blocks"]))
        self.norm = Norm()
        self.drop = nn.Dropout(given["dropout"])

    def forward(self, rows, actions, gaps):
        x = self.drop(self.id(rows) * d**0.5 + self.action(actions) + self.gap(gaps))
        for block in self.blocks:
            x = block(x)
        return self.norm(x).view(-1, d)


network = Network().to(device)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
rows, actions, gaps = (torch.randint(n, (B, L), device=device) for n in (V, 8, 24))
targets = torch.randint(V, (B * L,), device=device)
drawn = torch.arange(S, device=device) * 37


def step():
    states = network(rows, actions, gaps)
    if given["loss"] == "full":
        loss = F.cross_entropy(states @ network.id.weight.T + network.bias, targets)
    else:
        own = (states * network.id(targets)).sum(-1) + network.bias[targets]
        others = states @ network.id(drawn).T + network.bias[drawn]
        others = others.masked_fill(targets[:, None] == drawn[None, :], -1e9)
        loss = F.softplus(torch.logsumexp(others, 1) - own).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(2):
    step()
started, steps = time.perf_counter(), 0
while steps < 2 or time.perf_counter() - started < given["seconds"]:
    step()
    steps += 1
print(steps / (time.perf_counter() - started))
