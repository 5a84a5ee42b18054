"""Draws sales.png, the chart that invoices.rest.yaml asks about."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SOLD = {"Jan": 40, "Feb": 25, "Mar": 70, "Apr": 55}

if __name__ == "__main__":
    chart = Image.new("RGB", (360, 240), "white")
    pen = ImageDraw.Draw(chart)
    font = ImageFont.load_default(14)
    for number, (month, sold) in enumerate(SOLD.items()):
        left = 50 + 80 * number
        pen.rectangle((left, 200 - 2 * sold, left + 44, 200), fill="steelblue")
        pen.text((left + 22, 206), month, fill="black", font=font, anchor="ma")
        pen.text((left + 22, 196 - 2 * sold), str(sold), fill="black", font=font, anchor="md")
    pen.line((30, 200, 340, 200), fill="black", width=2)
    chart.save(Path(__file__).with_name("sales.png"), optimize=True)
